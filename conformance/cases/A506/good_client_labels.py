from prometheus_client import Counter, Histogram

runs = Counter("shop_runs_total", "Runs of a job.", ["job_name", "instance_type"])
wait = Histogram("shop_wait_seconds", "How long one waits.", ["kind"])
