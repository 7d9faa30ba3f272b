"""Authentication and key agreement on the card and in the network: Milenage, TUAK, sequence numbers, GBA."""
