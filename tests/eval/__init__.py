"""Measures judgement: does the gate let through what the documents answer, and nothing else?"""
