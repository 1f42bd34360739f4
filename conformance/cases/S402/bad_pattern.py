from prometheus_client import Counter

for kind in ("mail", "letter"):
    Counter(f"shop_{kind}s_sent", "What was sent.")

# expect: NF-S402 4:13-4:33 I
