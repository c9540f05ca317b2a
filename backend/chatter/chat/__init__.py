"""Conversations: questions, cited answers, and the turn that leads from one to the other."""
