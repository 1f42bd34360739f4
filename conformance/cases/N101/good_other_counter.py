from collections import Counter

words = Counter("not a metric at all")
