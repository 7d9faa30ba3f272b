#!/bin/sh
# PyPI ciw 3.2.7, one server, two classes, pre-emption with "resume": the records of a customer that was interrupted.
# A good guess: service_time of a record is what the server worked in it, so the two records of a service of 5 that was
# interrupted at 2 say 2 and 3, and their sum is what the customer took.
# Seen: the record of the interrupted part says 5 (all that was wanted, with no end), the resumed one says 3: a sum or
# a mean of service_time counts the part twice, and the utilisation that is made of it is too high.
set -eu
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
python3 -m venv venv
venv/bin/pip install -q --disable-pip-version-check ciw==3.2.7 >/dev/null 2>&1
cat > run.py <<'PY'
import ciw
network = ciw.create_network(
    arrival_distributions={"low": [ciw.dists.Sequential([0.0, 1e9])], "high": [ciw.dists.Sequential([2.0, 1e9])]},
    service_distributions={"low": [ciw.dists.Deterministic(5.0)], "high": [ciw.dists.Deterministic(3.0)]},
    number_of_servers=[1],
    priority_classes=({"low": 1, "high": 0}, ["resume"]),
)
simulation = ciw.Simulation(network)
simulation.simulate_until_max_time(100)
records = [record for record in simulation.get_all_records() if record.original_customer_class == "low"]
for record in records:
    print(record.record_type, record.service_start_date, record.service_time, record.service_end_date)
print("sum", sum(record.service_time for record in records))
PY
venv/bin/python run.py | tee seen.txt
cat > wanted.txt <<'TXT'
interrupted service 0.0 5.0 nan
service 5.0 3.0 8.0
sum 8.0
TXT
cmp seen.txt wanted.txt
