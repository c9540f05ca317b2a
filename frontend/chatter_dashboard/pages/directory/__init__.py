"""The directory of the organisation: an identity provider that brings people and groups by SCIM."""
