"""The cheapest set of services as a CP-SAT model, for tests only: every service has a level above what it leans on."""

from __future__ import annotations


def cheapest(catalogue, values, want, keep, gone):
    """The cost of the cheapest set with ``want`` and ``keep`` and without ``gone``; None when there is none."""
    from ortools.sat.python import cp_model

    model = cp_model.CpModel()
    names = list(catalogue.services)
    chosen = {name: model.NewBoolVar(name) for name in names}
    level = {name: model.NewIntVar(0, len(names), name) for name in names}
    for name in (*want, *keep):
        model.Add(chosen[name] == 1)
    for name in gone:
        model.Add(chosen[name] == 0)
    leaves, prices = _leaves(model, catalogue, values, chosen, gone)
    versions = _versions(model, catalogue, values, prices)
    for name in names:
        service = catalogue.services[name]
        for setting in service.settings:
            for value, literal in leaves[setting.uri].items():
                if not setting.holds(value):
                    model.AddBoolOr(chosen[name].Not(), literal.Not())
        for rival in catalogue.rivals(name):
            wrong = [literal for setting in catalogue.services[rival].settings
                     for value, literal in leaves[setting.uri].items() if not setting.holds(value)]  # fmt: skip
            model.AddBoolOr([chosen[name].Not(), *wrong])
        for clause in service.needs:
            model.AddBoolOr(
                [chosen[name].Not(), *_ways(model, catalogue, values, name, clause, chosen, level, versions)]
            )
    model.Minimize(sum(prices))
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    state = solver.Solve(model)
    assert state in (cp_model.OPTIMAL, cp_model.INFEASIBLE)
    return round(solver.ObjectiveValue()) if state == cp_model.OPTIMAL else None


def _leaves(model, catalogue, values, chosen, gone):
    users, offs, leaves, prices = {}, {}, {}, []
    for service in catalogue.services.values():
        for setting in service.settings:
            users.setdefault(setting.uri, []).append((service.name, setting))
    for name in gone:
        for setting in catalogue.services[name].settings:
            if values.get(setting.uri) is not None:
                offs.setdefault(setting.uri, setting.off)
    for uri, pairs in users.items():
        now = values.get(uri)
        idle = offs.get(uri, now)
        domain = {now: None, idle: None} | {s.value: None for _, s in pairs if s.value is not None}
        leaves[uri] = {value: model.NewBoolVar(f"{uri}={value}") for value in domain}
        model.AddExactlyOne(leaves[uri].values())
        for value, literal in leaves[uri].items():
            if value != idle:
                model.AddBoolOr([literal.Not(), *(chosen[name] for name, _ in pairs)])
            if value != now:  # somebody minds what is there, or nobody is left
                minds = [chosen[name] for name, setting in pairs if not setting.holds(now)]
                nobody = model.NewBoolVar("")
                for name, _ in pairs:
                    model.AddImplication(nobody, chosen[name].Not())
                model.AddBoolOr([literal.Not(), nobody, *minds])
            if value != now:
                prices.append(literal)
    return leaves, prices


def _versions(model, catalogue, values, prices):
    versions = {}
    for component in catalogue.software.values():
        costs = {values.get(component.at): 0}
        for package in sorted(component.packages, key=lambda package: package.cost):
            costs.setdefault(package.version, package.cost)
        versions[component.name] = {v: model.NewBoolVar(f"{component.name} {v}") for v in costs}
        model.AddExactlyOne(versions[component.name].values())
        prices += [cost * versions[component.name][v] for v, cost in costs.items()]
    return versions


def _ways(model, catalogue, values, name, clause, chosen, level, versions):
    """Literals, any of which fulfils the clause."""
    for member in clause:
        if member.kind == "service":
            leans = model.NewBoolVar("")
            model.AddImplication(leans, chosen[member.name])
            model.Add(level[name] >= level[member.name] + 1).OnlyEnforceIf(leans)
            yield leans
        elif member.kind == "software":
            yield from (lit for v, lit in versions[member.name].items() if member.range.takes(v))
        else:
            fact = catalogue.facts[f"{member.kind}:{member.name}"]
            yield model.NewConstant(int(fact.holds(values.get(fact.uri)) != member.negated))
