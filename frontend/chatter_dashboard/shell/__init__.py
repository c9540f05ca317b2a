"""The frame around every page: sessions, guard, navigation, sub pages."""
