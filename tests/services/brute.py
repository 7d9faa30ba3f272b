"""The cheapest plan by trying everything, written without the planner: for tests only."""

from __future__ import annotations

from itertools import chain, combinations, product


def working(catalogue, values, without=(), assume=False):
    """Names of the services that work, and lean on none of ``without``; ``assume``: as if all facts were right."""

    def configured(service):
        return all(s.holds(values.get(s.uri)) for s in service.settings)

    def fulfilled(member, done):
        if member.kind == "service":
            return member.name in done
        if member.kind == "software":
            return member.range.takes(values.get(catalogue.software[member.name].at))
        fact = catalogue.facts[f"{member.kind}:{member.name}"]
        there = values.get(fact.uri) is not None and fact.holds(values[fact.uri])
        return assume or there != member.negated

    blocked = set()
    for one in catalogue.services.values():
        for other in one.conflicts:
            if configured(catalogue.services[other]):
                blocked.add(one.name)
            if configured(one):
                blocked.add(other)
    done = set()
    for _ in catalogue.services:
        done |= {
            s.name
            for s in catalogue.services.values()
            if configured(s)
            and s.name not in blocked
            and s.name not in without
            and all(any(fulfilled(m, done) for m in clause) for clause in s.needs)
        }
    return done


def cheapest(catalogue, values, want, drop):
    """The least cost of a valid plan, or None: every set of services, every version, every listed value."""
    before = working(catalogue, values)
    must = set(want) | (before - set(drop))
    stay = working(catalogue, values, assume=True) - set(drop) - must
    free = [name for name in catalogue.services if name not in must | stay and name not in drop]
    best = None
    for extra in chain.from_iterable(combinations(free, n) for n in range(len(free) + 1)):
        chosen = must | set(extra) | stay
        asked = {}
        for name in chosen:
            for setting in catalogue.services[name].settings:
                asked.setdefault(setting.uri, []).append(setting)
        places = {}
        for uri, settings in asked.items():
            if not all(s.holds(values.get(uri)) for s in settings):
                every = (s for service in catalogue.services.values() for s in service.settings if s.uri == uri)
                places[uri] = sorted({s.value for s in every})
        gone = {s.uri: s.off for name in drop for s in catalogue.services[name].settings if s.uri not in asked}
        versions = [
            [(0, values.get(c.at)), *((p.cost, p.version) for p in c.packages if p.version != values.get(c.at))]
            for c in catalogue.software.values()
        ]
        for picked in product(*versions):
            cost = len(places) + sum(c for c, _ in picked)
            if best is not None and cost >= best:
                continue
            soft = {c.at: v for c, (_, v) in zip(catalogue.software.values(), picked, strict=True)}
            for written in product(*places.values()):
                after = {**values, **dict(zip(places, written, strict=True)), **soft, **gone}
                if chosen - stay <= working(catalogue, after, drop) and stay <= working(catalogue, after, drop, True):
                    best = cost
                    break
    return best
