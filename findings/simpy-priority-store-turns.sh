#!/bin/sh
# PyPI simpy 4.1.2: things of one priority in a PriorityStore, beside requests of one priority for a PriorityResource.
# A good guess: among things of equal priority the first that came is the first that goes, as in a Store and in a PriorityResource
# (its manual: PriorityStore gives items "in priority order", no more); so a queue of messages or jobs with two classes is first come first
# served within a class, and each waits about as long as the others.
# Seen: PriorityItem compares the priority alone and the store is a heap, so equals come in an order that is neither first nor last come:
# six of one priority leave as 0 2 5 4 1 3, the same in each run. The mean wait is right, but the longest is
# ten times too long and percentiles are false: some wait for the end of the load. PriorityResource numbers its requests and is right.
# (priority, number, thing) as an item, or PriorityItem((priority, number), thing), mends it.
set -eu
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
python3 -m venv tools
tools/bin/pip install -q --disable-pip-version-check simpy==4.1.2 >/dev/null 2>&1
cat > run.py <<'PY'
import simpy

def through_store(keys):
    env, order = simpy.Environment(), []
    def run(store):
        for key, number in zip(keys, range(6)):
            yield store.put(simpy.PriorityItem(key, number))
        for _ in keys:
            order.append((yield store.get()).item)
    env.process(run(simpy.PriorityStore(env)))
    env.run()
    return order

def through_resource():
    env, order = simpy.Environment(), []
    def user(number, resource):
        with resource.request(priority=1) as request:
            yield request
            order.append(number)
            yield env.timeout(1)
    resource = simpy.PriorityResource(env)
    for number in range(6):
        env.process(user(number, resource))
    env.run()
    return order

print("store", through_store([1] * 6))
print("store, numbered", through_store([(1, number) for number in range(6)]))
print("resource", through_resource())

def waits(numbered):
    env, seen = simpy.Environment(), []
    store = simpy.PriorityStore(env)
    def arrive():
        for number in range(400):
            yield store.put(simpy.PriorityItem((1, number) if numbered else 1, env.now))
            yield env.timeout(1)
    def serve():
        while True:
            item = yield store.get()
            seen.append(env.now - item.item)
            yield env.timeout(1.1)
    env.process(arrive())
    env.process(serve())
    env.run()
    return round(sum(seen) / len(seen), 1), round(max(seen), 1)

print("mean and longest wait: numbered", waits(True), "as it is", waits(False))
PY
tools/bin/python run.py | tee seen.txt
cat > wanted.txt <<'TXT'
store [0, 2, 5, 4, 1, 3]
store, numbered [0, 1, 2, 3, 4, 5]
resource [0, 1, 2, 3, 4, 5]
mean and longest wait: numbered (20.0, 39.9) as it is (20.0, 406.8)
TXT
cmp seen.txt wanted.txt
