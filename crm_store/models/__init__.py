"""All tables. Importing this module makes ``Base.metadata`` complete."""

from crm_store.base import Base, Record
from crm_store.models.chat import (
    ChannelIdentity,
    Conversation,
    DeliveredPiece,
    Inbox,
    InboxStatus,
    Message,
    Offer,
    Outbox,
    OutboxStatus,
    Proposal,
    ProposalStatus,
    SignInLink,
    SlackInstallation,
)
from crm_store.models.consent import Consent, ConsentPurpose, PrivacyAct, PrivacyActKind
from crm_store.models.customers import Account, Address, Contact, Tag
from crm_store.models.identity import ContactLink, IdentityProof, ProofCode, SessionEnd
from crm_store.models.journal import JournalChange, JournalEntry
from crm_store.models.orders import Invoice, InvoiceStatus, Order, OrderLine, OrderStatus
from crm_store.models.people import Quota, Role, Team, User
from crm_store.models.review import ReviewItem, ReviewReason, ReviewStatus
from crm_store.models.sales import (
    Deal,
    DealLine,
    ExchangeRate,
    ForecastCategory,
    Pipeline,
    Product,
    Stage,
    StageChange,
    StageType,
)
from crm_store.models.speaking_first import (
    Absence,
    Attention,
    Notice,
    NoticeKind,
    NoticeStatus,
    Silence,
)
from crm_store.models.support import (
    Article,
    ArticleVerdict,
    ArticleVersion,
    Ticket,
    TicketMessage,
    TicketPriority,
    TicketStatus,
    UnansweredQuestion,
    UnansweredReason,
)
from crm_store.models.work import Activity, ActivityKind, Task

RECORDS: dict[str, type[Record]] = {
    cls.kind: cls for cls in (User, Account, Contact, Product, Deal, Activity, Task, Order, Invoice, Ticket, Article)
}
"""Every kind of record people can refer to, by the name used in references."""

__all__ = [
    "RECORDS",
    "Absence",
    "Account",
    "Activity",
    "ActivityKind",
    "Address",
    "Article",
    "ArticleVerdict",
    "ArticleVersion",
    "Attention",
    "Base",
    "ChannelIdentity",
    "Consent",
    "ConsentPurpose",
    "Contact",
    "ContactLink",
    "Conversation",
    "Deal",
    "DealLine",
    "DeliveredPiece",
    "ExchangeRate",
    "ForecastCategory",
    "IdentityProof",
    "Inbox",
    "InboxStatus",
    "Invoice",
    "InvoiceStatus",
    "JournalChange",
    "JournalEntry",
    "Message",
    "Notice",
    "NoticeKind",
    "NoticeStatus",
    "Offer",
    "Order",
    "OrderLine",
    "OrderStatus",
    "Outbox",
    "OutboxStatus",
    "Pipeline",
    "PrivacyAct",
    "PrivacyActKind",
    "Product",
    "ProofCode",
    "Proposal",
    "ProposalStatus",
    "Quota",
    "Record",
    "ReviewItem",
    "ReviewReason",
    "ReviewStatus",
    "Role",
    "SessionEnd",
    "SignInLink",
    "Silence",
    "SlackInstallation",
    "Stage",
    "StageChange",
    "StageType",
    "Tag",
    "Task",
    "Team",
    "Ticket",
    "TicketMessage",
    "TicketPriority",
    "TicketStatus",
    "UnansweredQuestion",
    "UnansweredReason",
    "User",
]
