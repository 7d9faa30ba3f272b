"""What a user writes in an editor: ten mistakes that a type checker sees, each marked with the code of its error."""

from __future__ import annotations

import dmkit as dm

device = dm.Device.example()
server = dm.Server.example(device)
talk = dm.converse(device, server, job=dm.jobs.read("./DevInfo/Man"))
print(talk)

other = dm.Devise.example()  # error: attr-defined
talk = dm.converse(device, device)  # error: arg-type
talk.messages_of_the_client()  # error: attr-defined
rules = dm.Rules(downgrade="flor")  # error: arg-type
rules = dm.Rules(max_message="2000")  # error: arg-type
rules = dm.Rules(downgrad="floor")  # error: call-arg
plan = dm.Campaign(devices=10, servers=2)  # error: arg-type
servers = dm.sim.Servers(law="Exponential")  # error: arg-type
graph = dm.boards.acl_exploder(device.tree)  # error: attr-defined
uri: int = dm.Get.of("./DevInfo/Man").items[0].target  # error: assignment
