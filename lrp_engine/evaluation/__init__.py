"""Explanations measured: how far may their numbers be believed?"""
