#!/bin/sh
# PyPI usim 0.4.4, usim.py: its environment for models written for SimPy, beside simpy 4.1.2, with run(until=...).
# A good guess: usim.py is SimPy's interface (its manual names what it lacks: step, and a second run), so after run(until=3.5) the
# clock is at 3.5, as SimPy's documentation of Environment.run has it, and utilisation or a mean number is a sum over env.now; what
# is due at the very end (until=3, an event at 3) stays undone.
# Seen: the clock is at the event behind the end: 10 for a timeout of 10, 4 for one each second. Sums over env.now are too low, the
# more the rarer the events are. An event due at the very end, or run(until=process), is a RuntimeError that speaks of a coroutine. The events
# until then come at SimPy's times. Who needs env.now takes the number that was given to run instead.
set -eu
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"
python3 -m venv venv
venv/bin/pip install -q --disable-pip-version-check usim==0.4.4 simpy==4.1.2 >/dev/null 2>&1
cat > run.py <<'PY'
import simpy
import usim.py as usim_py


def ticks(env, step, seen):
    for _ in range(5):
        yield env.timeout(step)
        seen.append(env.now)


for step, until in ((1, 3.5), (2, 3), (10, 3.5), (1, 3)):
    for name, module in (("simpy", simpy), ("usim.py", usim_py)):
        env, seen = module.Environment(), []
        env.process(ticks(env, step, seen))
        try:
            env.run(until=until)
            print(f"each {step} until {until}: {name} at {env.now} after {seen}")
        except RuntimeError as error:
            print(f"each {step} until {until}: {name} {error}")
PY
venv/bin/python -W ignore run.py | tee seen.txt
cat > wanted.txt <<'TXT'
each 1 until 3.5: simpy at 3.5 after [1, 2, 3]
each 1 until 3.5: usim.py at 4 after [1, 2, 3]
each 2 until 3: simpy at 3 after [2]
each 2 until 3: usim.py at 4 after [2]
each 10 until 3.5: simpy at 3.5 after []
each 10 until 3.5: usim.py at 10 after []
each 1 until 3: simpy at 3 after [1, 2]
each 1 until 3: usim.py cannot reuse already awaited coroutine
TXT
cmp seen.txt wanted.txt
