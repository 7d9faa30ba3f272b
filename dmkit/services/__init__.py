"""Services and what they depend on: catalogue, state, plan, and the job that carries it out."""
