"""What other domains may ask of documents."""

from chatter.documents.collection_access import require_seen
from chatter.documents.gate import Verdict, judge
from chatter.documents.search import DocumentEmbedder, FoundPassage, Retrieval, Term, retrieve

__all__ = ["DocumentEmbedder", "FoundPassage", "Retrieval", "Term", "Verdict", "judge", "require_seen", "retrieve"]
