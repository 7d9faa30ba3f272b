from dmkit.device.device import Device as Device
from dmkit.device.device import User as User
from dmkit.device.device import counted_nonces as counted_nonces
from dmkit.device.device import no_user as no_user

__all__ = [
    "Device",
    "User",
    "counted_nonces",
    "no_user",
]
