"""A prover that shares no code with the engines: authentication of DM 1.2 as terms, searched by Maude.

``Proving.of`` reads the choices of a design, ``model`` writes a module from them; formulas are those of the fact sheet
[security §3]:

    md5        h(S, N)             MAC    h(S, N ++ d(B))       package 0  h(T, N ++ d(trigger))
    basic      S itself            apart  h(label, S, N ...)    hmac       m(S, N ++ d(B)), another function
    bootstrap  m(K, z ++ d(document)), K made of what the device shares with its network (imsi) and its user (pin)

A secret stands for HA1.  The attacker is Dolev and Yao's: all that is said is known to it, it joins what it knows, it
opens no hash, and it makes any proof whose secret it knows.  ``known`` only grows, so the state space is finite and
every search here ends: sessions are unbounded in number, for all of them share the nonces nS (the server's) and nD
(the device's), which the attacker hears before they are used.  Counters, time-outs and lost messages are not
modelled; the explorer has them.

The bindings are GPL and belong to the tests only.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["GOALS", "Proving", "found", "model", "planting"]

GOALS = {"let in": "LETIN", "foreign command": "EVIL", "woken": "WOKEN", "password": "PASSWORD", "account": "PLANTED"}

RANK = {"none": -1, "basic": 0, "md5": 1, "md5-apart": 2, "mac": 3, "mac-apart": 3, "hmac-sha256": 4,
        "hmac-sha256-bound": 5}  # fmt: skip
"""Which scheme a floor keeps out: those of lower rank.  [DMSEC 5.3, 5.4; the last three PROPOSAL]"""
COVERS_NOTHING = ("basic", "md5", "md5-apart")
"""Schemes whose proof says nothing of the body: whoever holds it back puts it beside another."""
LABELS = {"md5": "plain", "mac": "plain", "md5-apart": "lmd5", "mac-apart": "lmac"}


@dataclass(frozen=True)
class Proving:
    """What the model needs of a design: the schemes of both sides, and which choices of it matter for proofs."""

    auth: str = "md5"
    server_auth: str = "md5"
    digest: str = "md5"
    nonces: tuple[str, ...] = ("stored", "four zero octets")
    able: tuple[str, ...] = ("md5", "mac", "basic")
    floor: bool = False
    mirrored: bool = False
    anybody: bool = False
    own_address: bool = False
    closed: bool = False
    reused: bool = False
    per_message: bool = False

    @classmethod
    def of(cls, design) -> Proving:
        """From ``Rules`` and the world of a design, by their names only."""
        rules, world = design.rules, design.world
        names = [one if isinstance(one, str) else one.name for one in (rules.auth, rules.server_auth)]
        return cls(
            names[0],
            names[1],
            rules.notify.digest,
            tuple(rules.notify.nonces),
            tuple(rules.client_schemes),
            rules.downgrade == "floor",
            world.secret == "mirrored",
            rules.proves_to == "anybody",
            world.own_address,
            world.path == "tls",
            rules.nonce == "reused",
            rules.nonce == "message",
        )


_HEAD = """
mod DM is
  sorts Msg Set State .  subsort Msg < Set .
  op none : -> Set .  op _,_ : Set Set -> Set [assoc comm id: none] .
  ops s t nS nD p z login old evil trig pin imsi doc mine chan : -> Msg .
  ops LETIN EVIL WOKEN PASSWORD PLANTED : -> Msg .
  ops lmd5 lmac lpkg plain : -> Msg .
  op _++_ : Msg Msg -> Msg [assoc] .  op d : Msg -> Msg .
  op h : Msg Msg Msg -> Msg .            *** label, secret, the rest: MD5
  op m : Msg Msg -> Msg .                *** secret, the rest: HMAC
  op {_|_} : Set Set -> State .          *** what the attacker knows, what has happened
  vars K E : Set .  vars X Y N B S L : Msg .
  op _in_ : Msg Set -> Bool .  eq X in (X, K) = true .  eq X in K = false [owise] .
  op nonce : Msg -> Bool .  eq nonce(nS) = true .  eq nonce(nD) = true .  eq nonce(z) = true .
  eq nonce(X ++ Y) = true .  eq nonce(X) = false [owise] .
"""


def _join(name: str, nonce: str, body: str) -> str:
    """The attacker puts a nonce and the hash of a body side by side, as the formula does."""
    joined = f"({nonce} ++ d({body}))"
    return (
        f"crl [{name}] : {{ ({nonce}, {body}, K) | E }} => {{ ({nonce}, {body}, {joined}, K) | E }}"
        f" if not ({joined} in K) ."
    )


def _answers(name: str, term: str) -> str:
    """Somebody who is challenged under any nonce that the attacker knows says ``term``."""
    return f"crl [{name}] : {{ (K, N) | E }} => {{ (K, N, {term}) | E }} if nonce(N) /\\ not ({term} in (K, N)) ."


def _happens(name: str, proof: str, event: str) -> str:
    return f"crl [{name}] : {{ (K, {proof}) | E }} => {{ (K, {proof}) | (E, {event}) }} if not ({event} in E) ."


def _makes(name: str, secret: str, proof: str, *parts: str) -> str:
    """Who knows a secret makes the proof itself, of parts that it knows."""
    known = ", ".join(dict.fromkeys((secret, *parts)))
    return (
        f"crl [{name}] : {{ ({known}, K) | E }} => {{ ({known}, {proof}, K) | E }} if not ({proof} in ({known}, K)) ."
    )


def _proof(scheme: str, secret: str, nonce: str, body: str) -> tuple[str, tuple[str, ...]]:
    """The term that ``scheme`` wants beside ``body``, and what it is made of besides the secret."""
    joined = f"({nonce} ++ d({body}))"
    if scheme == "basic":
        return secret, ()
    if scheme in ("md5", "md5-apart"):
        return f"h({LABELS[scheme]}, {secret}, {nonce})", (nonce,)
    if scheme in ("mac", "mac-apart"):
        return f"h({LABELS[scheme]}, {secret}, {joined})", (joined,)
    channel = "chan ++ " if scheme.endswith("bound") else ""
    return f"m({secret}, {channel}{joined})", (joined, *(("chan",) if channel else ()))


def _asked(name: str, secret: str, able: set[str]) -> list[str]:
    """What a side says that proves itself to whoever challenges it, by each scheme that it is able to use.

    A MAC is over a message of its own, never over one of the attacker's: nothing new in these terms.
    """
    rules = [_answers(f"{name}Md5", f"h(plain, {secret}, N)")] if "md5" in able else []
    rules += [_answers(f"{name}Apart", f"h(lmd5, {secret}, N)")] if "md5-apart" in able else []
    return rules + ([_answers(f"{name}Basic", secret)] if "basic" in able else [])


def _able(schemes: set[str], floor: bool, least: str) -> set[str]:
    return {one for one in schemes if not floor or RANK[one] >= RANK[least]}


def model(design: Proving, goal: str) -> str:
    """The Maude module of one design, with the acceptance that ``goal`` is about."""
    s, t, event = "s", "s" if design.mirrored else "t", GOALS[goal]
    login, login_of = _proof(design.auth, s, "nS", "login")
    evil, evil_of = _proof(design.server_auth, t, "nD", "evil")
    joins = {"LETIN": (("nS", "login"),), "EVIL": (("nD", "evil"),), "WOKEN": (("z", "trig"), ("nD", "trig"))}
    # only what ends in the goal's own body: a hash over another body is never this one
    rules = [_join(f"join{n}", *pair) for n, pair in enumerate(joins.get(event, ()))]
    # a challenge is not authenticated: whoever reaches the device gets its proofs  [DMSEC 5.3, 5.4.1]
    if not design.closed and design.auth != "none":
        rules += _asked("device", s, _able({*design.able, design.auth}, design.floor, design.auth))
    # where no proof covers a body, a challenge to the server goes into the device's session  [DMPRO 9]
    lasting = design.auth in (*COVERS_NOTHING, "none") and not (design.closed and design.per_message)
    reaches = not design.own_address if design.closed else True
    if design.server_auth != "none" and lasting and reaches:
        able = {"basic", "md5", "md5-apart", "mac", design.server_auth}
        rules += _asked("server", t, _able(able, design.floor, design.server_auth))
    # shown to anybody: its own proof, under the nonce that is in force; a challenge of the unproven is not heard
    if design.anybody and design.server_auth in COVERS_NOTHING:
        rules.append(_answers("serverShows", evil).replace("nonce(N) /\\ ", ""))
    # who knows a secret needs nobody
    rules += [_makes("makesLogin", s, login, *login_of), _makes("makesEvil", t, evil, *evil_of)]
    # package 0 is made with the ServerID, so with one name for both directions it has an HA1 of its own [DMSEC 5.3.3]
    pushes, p = [], "p" if design.mirrored else t
    label = {"md5": "plain", "md5-apart": "lpkg"}.get(design.digest)
    for known, nonce in (("four zero octets", "z"), ("stored", "nD")):
        if known in design.nonces and label is not None:
            pushes.append((nonce, f"h({label}, {p}, {nonce} ++ d(trig))"))
    rules += [_makes(f"makesPush{nonce}", t, push, f"({nonce} ++ d(trig))") for nonce, push in pushes]
    # who accepts what
    rules += [_happens("server", login, "LETIN")] if design.auth != "none" else []
    if not design.closed:
        rules += [_happens("device", evil, "EVIL")] if design.server_auth != "none" else []
    rules += [_happens(f"push{nonce}", push, "WOKEN") for nonce, push in pushes]
    rules += [_happens("said", s, "PASSWORD")] + ([_happens("said2", t, "PASSWORD")] if t == "t" else [])
    start = ["z", "login", "evil", "trig"]
    if not design.closed:
        start += ["nS", "nD"]
        start += [login] if design.auth in COVERS_NOTHING else []
        start += [evil] if design.server_auth in COVERS_NOTHING else []
        if design.reused and design.auth != "none":  # what was said under a nonce that comes again serves again
            once, _ = _proof(design.auth, s, "nS", "old")
            start += [once, "old"] if once not in start else []
            rules.append(_happens("again", once, "LETIN"))
    rules = [rule for rule in rules if not any(e in rule for e in GOALS.values()) or f"(E, {event})" in rule]
    return _module(rules, start)


def planting(
    methods: tuple[str, ...], profile: str, knows: set[str], *, unsecured: bool, servers: tuple[str, ...]
) -> str:
    """Bootstrap by push: a document of the attacker's, under keys made of what it knows.  [DMSEC 5.7]

    ``knows`` is some of imsi and pin: the former for who runs the cell, the latter for who can tell the user one.
    ``servers`` are those in whose name a document is taken: ``doc`` of a stranger's, ``mine`` in the known server's.
    """
    keys = {
        ("cp", "NETWPIN"): ("imsi",),
        ("cp", "USERPIN"): ("pin",),
        ("cp", "USERNETWPIN"): ("imsi", "pin"),
        ("cp", "USERPINMAC"): ("pin",),
        ("dm", "NETWORKID"): ("imsi",),
        ("dm", "USERPIN"): ("pin",),
        ("dm", "USERPIN_NETWORKID"): ("pin", "imsi"),
    }
    rules = []
    for document in servers:
        if unsecured:
            rules.append(_happens(f"unsecured{document}", document, "PLANTED"))
        for (of, method), parts in keys.items():
            if of == profile and method in methods:
                key = " ++ ".join(parts)
                term = f"m({key}, z ++ d({document}))"
                rules.append(_makes(f"forges{method.replace('_', '')}{document}", parts[0], term, *parts[1:], document))
                rules.append(_happens(f"takes{method.replace('_', '')}{document}", term, "PLANTED"))
    return _module(rules, ["z", "doc", "mine", *sorted(knows)])


def _module(rules: list[str], start: list[str]) -> str:
    lines = "\n".join(f"  {rule}" for rule in rules)
    known = ", ".join(dict.fromkeys(start))
    return f"{_HEAD}{lines}\n  op start : -> State .\n  eq start = {{ {known} | none }} .\nendm\n"


_BOUND = 60_000


def found(module: str, goal: str) -> list[str] | None:
    """The rules of a shortest attack that reaches ``goal``, None when Maude has searched all and found none."""
    import maude

    maude.init(advise=False)
    maude.input(module)
    read = maude.getModule("DM")
    start = read.parseTerm("start")
    start.reduce()
    pattern = read.parseTerm(f"{{ K:Set | (E:Set, {GOALS[goal]}) }}")
    for *_, path, states in start.search(maude.ANY_STEPS, pattern, depth=-1):
        assert states < _BOUND
        return [step.getLabel() for step in path() if isinstance(step, maude.Rule)]
    return None
