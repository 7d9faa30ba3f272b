"""What the frames of notebook 07 say, and that their figures can be read."""

from __future__ import annotations

from dmkit.lab.plots.plot import describe, figure_svg
from dmkit.lab.studies import provisioning
from dmkit.wire import sms


def test_messages_agree_with_the_formula():
    frame = provisioning.messages()
    assert list(frame["messages"]) == [sms.count(size) for size in frame["push_octets"]]
    assert list(frame[frame["profile"] == "CP"]["messages"]) == [3, 4, 7]
    assert (frame["push_octets"] - frame["document_octets"]).tolist() == [50] * 6
    assert frame.attrs["measure"] == "provisioning.messages"


def test_who_gets_in():
    frame = provisioning.admission()
    taken = frame[frame["taken"]].groupby("method")["sender"].apply(list).to_dict()
    everybody = list(provisioning.SENDERS)
    assert taken == {
        "none, taken": everybody,
        "none, user asked": everybody,
        "NETWPIN": ["knows the IMSI", "knows the IMSI, tells a PIN", "operator"],
        "USERPIN": ["stranger who tells a PIN", "knows the IMSI, tells a PIN", "operator"],
        "USERNETWPIN": ["knows the IMSI, tells a PIN", "operator"],
        "USERPINMAC": ["stranger who tells a PIN", "knows the IMSI, tells a PIN", "operator"],
    }
    assert frame["asked"].max() == 3
    cautious = provisioning.admission(["none, user asked"], agrees=False)
    assert not cautious["taken"].any()


def test_figures_say_what_they_show():
    for frame, plot in (
        (provisioning.messages(), provisioning.plot_messages),
        (provisioning.admission(), provisioning.plot_admission),
    ):
        axes = plot(frame)
        assert axes.get_title(loc="left")
        assert axes.get_xlabel() and axes.get_ylabel()
        assert describe(axes).endswith(".")
        assert figure_svg(axes.figure) == figure_svg(plot(frame).figure)
