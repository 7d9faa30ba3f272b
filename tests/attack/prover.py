"""A prover that shares no code with the engines: authentication of DM 1.2 as terms, searched by Maude.

``model`` writes a module from the choices of a design; formulas are those of the fact sheet [security §3]:

    md5        h(S, N)                 MAC        h(S, N ++ d(B))            package 0  h(T, N ++ d(trigger))
    basic      S itself                apart      h(label, S, N ...)         hmac       m(S, N, B), another function

A secret stands for HA1.  The attacker is Dolev and Yao's: all that is said is known to it, it joins what it knows,
it opens no hash.  ``known`` grows only, so the state space is finite and every search here ends: sessions are
unbounded in number, for all of them share the nonces nS (the server's) and nD (the device's), which the attacker
hears before they are used.  Counters and time-outs are not modelled; the explorer has them.

The bindings are GPL and belong to the tests only.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["GOALS", "Proving", "found", "model"]

GOALS = {"let in": "LETIN", "foreign command": "EVIL", "woken": "WOKEN", "password": "PASSWORD", "account": "PLANTED"}


@dataclass(frozen=True)
class Proving:
    """What the model needs of a design: the scheme of both sides, and which choices of it matter for proofs."""

    scheme: str = "md5"
    digest: str = "md5"
    floor: bool = False
    mirrored: bool = False
    anybody: bool = False
    own_address: bool = False
    listens: bool = True
    bootstrap: str = "secret"

    @classmethod
    def of(cls, rules, world) -> Proving:
        """From ``Rules`` and the world of a design."""
        scheme = rules.auth if isinstance(rules.auth, str) else rules.auth.name
        return cls(
            scheme,
            rules.notify.digest,
            rules.downgrade == "floor",
            world.secret == "mirrored",
            rules.proves_to == "anybody",
            world.own_address,
        )


_HEAD = """
mod DM is
  sorts Msg Set State .  subsort Msg < Set .
  op none : -> Set .  op _,_ : Set Set -> Set [assoc comm id: none] .
  ops s t nS nD z login evil trig pin imsi doc : -> Msg .
  ops LETIN EVIL WOKEN PASSWORD PLANTED : -> Msg .
  ops lmd5 lmac lpkg plain : -> Msg .
  op _++_ : Msg Msg -> Msg [assoc] .  op d : Msg -> Msg .
  op h : Msg Msg Msg -> Msg .            *** label, secret, the rest: MD5
  op m : Msg Msg Msg -> Msg .            *** secret, nonce, body: HMAC
  op {_|_} : Set Set -> State .          *** what the attacker knows, what has happened
  vars K E : Set .  vars X Y N B : Msg .
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


def _answers(name: str, term: str, guard: str = "nonce(N)") -> str:
    """Somebody who is challenged under any nonce that the attacker knows says ``term``."""
    return f"crl [{name}] : {{ (K, N) | E }} => {{ (K, N, {term}) | E }} if {guard} /\\ not ({term} in (K, N)) ."


def _happens(name: str, proof: str, event: str) -> str:
    return f"crl [{name}] : {{ (K, {proof}) | E }} => {{ (K, {proof}) | (E, {event}) }} if not ({event} in E) ."


def model(design: Proving, goal: str) -> str:
    """The Maude module of one design, with the acceptance that ``goal`` is about."""
    t = "s" if design.mirrored else "t"
    label = {"md5-apart": "lmd5", "mac-apart": "lmac"}.get(design.scheme, "plain")
    mac = design.scheme in ("mac", "mac-apart")
    hmac = design.scheme.startswith("hmac")
    event = GOALS[goal]
    joins = {"LETIN": (("nS", "login"),), "EVIL": (("nD", "evil"),), "WOKEN": (("z", "trig"), ("nD", "trig"))}
    # only what ends in the goal's own body: a hash over another body is never this one
    rules = [_join(f"join{n}", *pair) for n, pair in enumerate(joins.get(event, ()))]
    # whoever challenges the device gets an md5 answer, unless a floor keeps it from the weaker scheme [DMSEC 5.4.1]
    if design.scheme in ("md5", "basic") or not design.floor:
        rules.append(_answers("deviceMd5", "h(plain, s, N)"))
    if design.scheme == "md5-apart":
        rules.append(_answers("deviceApart", "h(lmd5, s, N)"))
    if design.scheme == "basic" or not design.floor:
        rules.append(_answers("deviceBasic", "s"))
    # md5 covers no body: what the device says in truth may hold any challenge of the server [DMPRO 9]; so does the
    # server answer, and more so where it proves itself to anybody
    covers_nothing = design.scheme in ("md5", "md5-apart", "basic")
    if (covers_nothing or design.anybody) and (design.scheme in ("md5", "basic") or not design.floor):
        rules.append(_answers("serverMd5", f"h(plain, {t}, N)"))
    if design.scheme == "md5-apart":
        rules.append(_answers("serverApart", f"h(lmd5, {t}, N)"))
    if design.scheme == "basic" and (design.anybody or design.listens):
        rules.append(_answers("serverBasic", t))
    # who accepts what
    proof_s = {True: f"h({label}, s, nS ++ d(login))"}.get(mac, f"h({label}, s, nS)")
    proof_t = {True: f"h({label}, {t}, nD ++ d(evil))"}.get(mac, f"h({label}, {t}, nD)")
    if hmac:
        proof_s, proof_t = "m(s, nS, login)", f"m({t}, nD, evil)"
    if design.scheme == "basic":
        proof_s, proof_t = "s", t
    rules += [_happens("server", proof_s, "LETIN"), _happens("device", proof_t, "EVIL")]
    if design.digest == "md5":
        rules += [_happens("zero", f"h(plain, {t}, z ++ d(trig))", "WOKEN")]
        rules += [_happens("stored", f"h(plain, {t}, nD ++ d(trig))", "WOKEN")]
    if design.digest == "md5-apart":
        rules += [_happens("zero", f"h(lpkg, {t}, z ++ d(trig))", "WOKEN")]
    rules += [_happens("said", "s", "PASSWORD")] + ([_happens("said2", "t", "PASSWORD")] if t == "t" else [])
    rules = [rule for rule in rules if not any(e in rule for e in GOALS.values()) or f"(E, {event})" in rule]
    if event == "PLANTED":
        rules = []
    # bootstrap by push: a MAC under what the device shares with its network or its user [DMSEC 5.7]; CP and DM alike
    keys = {"secret": (), "imsi": ("imsi",), "pin": ("pin",), "none": ()}[design.bootstrap]
    if event != "PLANTED":
        pass
    elif design.bootstrap == "none":
        rules.append(_happens("unsecured", "doc", "PLANTED"))
    else:
        key = keys[0] if keys else "imsi"
        rules.append(_happens("secured", f"m({key}, z, doc)", "PLANTED"))
        rules.append(
            f"crl [forges] : {{ ({key}, doc, K) | E }} => {{ ({key}, doc, m({key}, z, doc), K) | E }}"
            f" if not (m({key}, z, doc) in K) ."
        )
    heard = "nS, nD, " if design.listens else ""
    start = f"{heard}z, login, evil, trig, doc" + "".join(f", {key}" for key in keys)
    lines = "\n".join(f"  {rule}" for rule in rules)
    return f"{_HEAD}{lines}\n  op start : -> State .\n  eq start = {{ {start} | none }} .\nendm\n"


_BOUND = 60_000


def found(design: Proving, goal: str) -> list[str] | None:
    """The rules of a shortest attack that reaches ``goal``, None when Maude has searched all and found none."""
    import maude

    maude.init(advise=False)
    maude.input(model(design, goal))
    module = maude.getModule("DM")
    start = module.parseTerm("start")
    start.reduce()
    pattern = module.parseTerm(f"{{ K:Set | (E:Set, {GOALS[goal]}) }}")
    search = start.search(maude.ANY_STEPS, pattern, depth=-1)
    for *_, path, states in search:
        assert states < _BOUND
        said = path()
        return [step.getLabel() for step in said if isinstance(step, maude.Rule)]
    return None
