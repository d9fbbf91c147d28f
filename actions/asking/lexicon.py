"""The words of questions about figures, and what they mean. Names come from the store (``actions.asking.names``)."""

from __future__ import annotations

from typing import Any

from actions.asking.ordinary_words import ORDINARY
from actions.asking.synonyms import SYNONYMS
from actions.asking.terms import TermKind as K
from crm_store.insights.query.layer import Deals, Dimension, Measure
from crm_store.insights.query.report_query import Shift, Show

Meaning = tuple[K, Any]
Phrase = tuple[str, ...]


def _phrases(rows: list[tuple[K, Any, str]]) -> dict[Phrase, Meaning]:
    return {tuple(phrase.split()): (kind, value) for kind, value, phrases in rows for phrase in phrases.split("; ")}


FIRST = _phrases(
    [
        *SYNONYMS,
        # Comparisons with a time that is told by the period; they hold words that would be read as dates.
        (K.SHIFT, Shift.YEAR_BEFORE,
         "the same quarter last year; same quarter last year; the same period last year; same period last year; "
         "the same month last year; same month last year; the same time last year; same time last year; same week "
         "last year; a year ago; a year earlier; one year ago; one year earlier; year over year; year on year; "
         "year over year growth; yoy growth; year on year growth; annual growth; growth over last year; "
         "yoy; y o y; the same quarter a year ago; the same period a year ago; same quarter of last year; the same "
         "quarter of last year; same period of last year; same period the year before; same quarter the year "
         "before; the year-ago quarter; same quarter previous year; same period previous year; the same period of "
         "the previous year; same months last year; the same months last year; the previous year's quarter"),
        (K.SHIFT, Shift.PREVIOUS,
         "the quarter before; the month before; the week before; quarter before; month before; the year before; "
         "the previous period; previous period; prior period; the period before; the one before; the previous one; "
         "the last one; the prior one; quarter over quarter; month over month growth; quarter over quarter growth; "
         "month over month; week over week; quarter on quarter; "
         "month on month; qoq; mom; wow; the time before; the one before that; the quarter before that; the month "
         "before that; the prior period; the preceding period"),
        (K.MEASURE, Measure.CYCLE,
         "sales cycle; sales cycles; cycle; cycles; cycle time; cycle length; deal cycle; sales cycle length; "
         "sales cycle time; days to close; time to close; days to win; time to win; closing time; length of the "
         "sales cycle; sales cycle in days; cycle in days; deal velocity; days till close; length of sales cycle; "
         "time to closing; days until close; velocity"),
        (K.MEASURE, Measure.WIN_RATE,
         "win rate; win rates; winrate; winrates; close rate; closing rate; hit rate; conversion rate; conversion "
         "rates; conversion; success rate; win ratio; win percentage; win percent; win loss ratio; winning rate; "
         "close ratio; closing ratio"),
        (K.SHARE, None,
         "percentage of; percent of; share of; proportion of; what percentage; what percent; what share; percentage; "
         "percent; percentages; proportion; shares; share; ratio"),
        (K.MEASURE, Measure.FIRST_RESPONSE,
         "first response time; first response times; time to first response; first response; response time; "
         "response times; reply time; first reply time; time to first reply; reaction time; answer time; time to "
         "first answer; time to respond; time to answer; first reply"),
        (K.MEASURE, Measure.RESOLUTION,
         "resolution time; resolution times; time to resolution; time to resolve; time to solve; solution time; "
         "resolution; solving time; handling time; time to solution; time until solved"),
        (K.MEASURE, Measure.ATTAINMENT,
         "quota attainment; attainment; quota; quotas; quota achievement; target attainment; percent of quota; "
         "percentage of quota; share of quota; of quota; target achievement; percent of target; percentage of target; "
         "target; targets; sales target; sales targets; goal; goals; sales goal; against quota; under quota; below "
         "quota; behind quota; over quota; above quota; ahead of quota; vs quota; to quota; at quota; against target; "
         "against the quota; against the target; behind target; under target; over target; ahead of target; on quota; "
         "missed quota; missed target; hit quota; hit target; hit their quota; hit their target; hit their number; "
         "hit their numbers; made quota; made target; made their number; missed their quota; missed their target; "
         "missed their number; beat quota; beat target; beat their quota; make quota; make target; "
         "make their number; to goal"),
        (K.MEASURE, Measure.COMMISSION,
         "commission; commissions; comission; comissions; commission earned; commission payout; commission payouts; "
         "sales commission; variable pay; earned commission; commissions earned; commission owed"),
        (K.BOARD, None,
         "leaderboard; leader board; leaderboards; sales leaderboard; the leaderboard; on the leaderboard; league "
         "table; sales ranking; sales rankings"),
        (K.MEASURE, Measure.WEIGHTED,
         "weighted; weighted pipeline; weighted value; weighted amount; weighted amounts; weighted total; weighted "
         "sum"),
        (K.MEASURE, Measure.ORDER_VALUE,
         "order value; order values; order revenue; orders revenue; order volume in money; value of orders; value "
         "of the orders; order amount; order total; order totals; order income; revenue from orders; orders value; "
         "value of all orders; total of orders"),
        (K.MEASURE, Measure.AVERAGE_ORDER,
         "average order value; average order size; aov; average order; avg order; avg order value; avg order size; "
         "mean order value; order size; average value of orders; average value of an order; mean order size"),
        (K.DIMENSION, Dimension.REP,
         "sales rep; sales reps; sales person; sales people; account manager; account managers; account executive; "
         "account executives; deal owner; deal owners; team member; team members"),
        (K.DIMENSION, Dimension.SOURCE, "lead source; lead sources; deal source; deal sources"),
        (K.DIMENSION, Dimension.REASON,
         "lost reason; lost reasons; loss reason; loss reasons; reason for losing; reason for loss; reason lost; "
         "losing reason; reason for the loss"),
        (K.DIMENSION, Dimension.REASON, "why; and why"),
        (K.DIMENSION, Dimension.STAGE, "pipeline stage; deal stage; sales stage"),
        (K.DIMENSION, Dimension.MONTH, "close month; closing month; calendar month; expected close month; "
         "expected closing month; expected month"),
        (K.DIMENSION, Dimension.DAY, "each day; every day; day by day; day to day; by the day"),
        (K.DIMENSION, Dimension.WEEK, "week by week; week to week; by the week; close week; closing week"),
        (K.DIMENSION, Dimension.QUARTER,
         "close quarter; closing quarter; expected close quarter; expected closing quarter; quarter of closing"),
        (K.DIMENSION, Dimension.YEAR, "close year; closing year"),
        (K.DIMENSION, Dimension.MONTH, "month by month; month to month; by the month"),
        (K.DIMENSION, Dimension.QUARTER, "quarter by quarter; quarter to quarter"),
        (K.DIMENSION, Dimension.YEAR, "year by year; year to year"),
        (K.DIMENSION, Dimension.CURRENCY, "deal currency"),
        (K.DIMENSION, Dimension.KIND,
         "activity type; activity kind; activity types; kind of activity; type of activity"),
        (K.WIDE, None,
         "sales team; the whole team; whole team; the entire team; the team; the company; whole company; my team; "
         "our team; everyone; everybody; the reps; all reps; company wide; overall; altogether; in total; "
         "anyone; anybody; the whole company; entire team; all of us; the department"),
        (K.COUNT, None,
         "how many; number of; count of; no of; the count; the number; head count of; total number of; number; "
         "numbers of; amount of deals; count; volume; how often"),
        (K.WORTH, None,
         "how much; what did; what have; what has; value; values; amount; amounts; worth; sum; total value; "
         "total amount; size; sizes; deal value; deal values; deal size; deal sizes; deal amount; contract value; "
         "total; totals; the total of; total of all; how big; how large; sum of; dollar value; dollar volume"),
        (K.WORTH, Deals.WON,
         "money; revenue; revenues; rev; sales; sale; sold; sell; selling; turnover; bookings; booking; booked; "
         "income; "
         "book; "
         "business; buy; bought; purchased; how did we do; how'd we do; howd we do; how we did; how are we doing; "
         "how we are doing; won revenue; won value; won amount; sales revenue; sales volume; sales value; total "
         "sales; spend; spent; purchases"),
        (K.PIPELINE, None, "pipeline; pipelines; pipe; funnel value; pipleine; pipline"),
        (K.DEALS, Deals.WON,
         "won; win; wins; winning; closed won; closed-won; signed; sign; closed; did we close; did i close; we "
         "close; have we closed; close won; landed; secured; signs; signing; land; landing; lands; secure; "
         "securing; clinched; bagged; sealed; converted; got signed"),
        (K.CLOSE, None, "close; closes; to close; win them; get signed"),
        (K.HOW_LONG, None,
         "how long; how long until; how long till; how long before; how fast; how quickly; how quick; how soon; how "
         "much time; how many days; how many hours"),
        (K.ANSWERING, None,
         "answer; answered; answers; respond; responded; responding; reply; replied; react; reacted; first answer; "
         "answering; replying"),
        (K.SOLVING, None, "solve; solves; solving; resolve; resolving; fix; fixed; fixing"),
        (K.DEALS, Deals.LOST, "lost; lose; losing; losses; loss; closed lost; closed-lost; close lost; losts; "
         "loses; fell through; fallen through"),
        (K.DEALS, Deals.OPEN,
         "open; in play; still open; ongoing; current; active; unclosed; closing; due to close; expected to close; "
         "set to close; in progress; outstanding; live; on the table; in flight; in the works; unsigned"),
        (K.DEALS, Deals.NEW,
         "new; created; added; add; newly created; entered; opened; create; newly opened; started; new in; adding; "
         "creating; opens"),
        (K.DEAL_NOUN, None, "deal; deals; opportunity; opportunities; opp; opps; contracts; contract"),
        (K.DOING, None,
         "how did; how do; how does; how has; how have; how's; hows; how is; how are; how was; how were; how well; "
         "results; result; sales results; sales numbers; perform; performed; performing; performance; performs; been "
         "performing; numbers; figures; stats; statistics; how'd; howd; how did we perform; shape up; shaping up"),
        (K.TICKETS, None,
         "ticket; tickets; support ticket; support tickets; support case; support cases; cases; support requests; "
         "support request; ticket volume; tix"),
        (K.ORDERS, None, "order; orders; customer orders; ordered"),
        (K.ACTIVITIES, None,
         "activity; activities; how active; touches; touchpoints; interactions; customer contacts logged"),
        (K.LIST, None, "list; everything; anything; list of; listing; list out; name the; enumerate"),
        (K.SHOW_VERB, None, "show; show me; display; see; let me see; can i see; could i see; i want to see; view"),
        (K.WHO, None,
         "who; whos; who leads; who's leading; who is leading; whose; which rep; which reps; who's; who has; which "
         "salesperson; which sales rep; which colleague"),
        (K.WHICH, None, "which; what"),
        (K.BY, None,
         "by; per; grouped by; group by; split by; broken down by; break down by; breakdown by; for each; each; "
         "for every; every; by each; per each; sorted by; ranked by; split per; grouped per; divided by; segmented "
         "by; sliced by; across"),
        (K.AVERAGE, None, "average; avg; mean; averages; on average; averaged; avg.; typical; ave"),
        (K.TOP, None,
         "top; biggest; largest; highest; busiest; commonest; "
         "best; most; longest; slowest; leading; greatest; strongest; the most; "
         "max; best first; highest first; biggest first; largest first; descending; most often; in descending order"),
        (K.LOWEST, None,
         "bottom; lowest; quietest; "
         "worst; smallest; fewest; least; shortest; fastest; quickest; weakest; poorest; min; "
         "worst first; lowest first; smallest first; ascending; least often; in ascending order"),
        (K.COMPARE, None,
         "vs; vs.; versus; against; compared to; compared with; compare; comparing; comparison; than; better than; "
         "worse than; beat; beating; beats; in "
         "compared against; compares to; compares with; compare to; compare with; stack up against; stacks up against; "
         "up or down on; up or down from; up or down vs; up or down against; up or down compared to; ahead of; "
         "up on; down on; up from; down from; alongside; next to; set against; beside; "
         "comparison with; in comparison to; relative to; comparison of; as opposed to"),
        (K.NOT, None,
         "not counting; not including; everything but; all but; everyone but; excluding; except; except for; "
         "without; outside; outside of; not in; not from; other than; but not; "
         "excl; not; exclude; apart from; ignoring; minus; leaving out; no; non"),
        (K.OUTPUT, Show.CHART,
         "chart; charts; graph; graphs; diagram; plot; plotted; as chart; picture; image; visual; visualise; "
         "visualize; visualised; visualized; graphically; as a chart; as a graph"),
        (K.OUTPUT, Show.BAR,
         "bar chart; bar charts; bar graph; bars; bar; stacked bar; stacked bar chart; column chart; columns "
         "chart; stacked chart; stacked bars; barchart; histogram"),
        (K.OUTPUT, Show.LINE,
         "line chart; line graph; trend line; trend chart; lines; linechart; line; as a trend; trend; trended; "
         "trending; going up; going down; going up or down"),
        (K.OUTPUT, Show.PIE, "pie chart; pie; donut; donut chart; doughnut; pie graph; piechart"),
        (K.OUTPUT, Show.CSV,
         "csv; excel; spreadsheet; xlsx; xls; csv file; excel file; excel sheet; export to excel; google sheet; "
         "csv export"),
        (K.OUTPUT, Show.PDF, "pdf; pdf file; pdfs"),
        (K.OUTPUT, Show.TABLE, "table; as a table; as table; tabular; table form; in a table"),
        (K.UNSUPPORTED, None,
         "median; percentile; percentiles; standard deviation; deviation; variance; "
         "profit; profits; margin; margins; gross; gross profit; cost; costs; "
         "discount; discounts; satisfaction; csat; nps; churn; churned; churning; forecast; forecasts; predicted; "
         "expected; predict; visits; website; leads; growth rate; correlation; cac; ltv; roi; nrr; "
         "arr; mrr; stale; cold; overdue; slipped; at risk; cohort; cohorts; per employee; running total; "
         "cumulative; invoices; invoice; unpaid; tasks; reminders; will we; going to; likely; units; units sold; unit "
         "sales; pieces; licences; licenses; seats; sla; slas; reopened; refunds; payments; unassigned; not assigned; "
         "contact; contacts; the bot"),
        # What has no meaning of its own.
        (K.FILLER, None,
         "give me; tell me; send me; let me have; can i get; can i have; could i get; i want; i need; i'd like; i "
         "would like; i want to know; do you know; can you; could you; would you; please; pls; plz; thanks; thank "
         "you; hey; hi; hello; how; am; doing; get; give; tell; export; create a; make a; make me; make; draw; "
         "build; draw me; report; report on; reports; overview; overview of; summary; summary of; breakdown; break "
         "down; breakdown of; data; only; just; about; instead; same; but; "
         "again; change it to; change to; switch to; turn it into; the same; make it; make that; as well; too; "
         "that one; this one; what if; how about; what about; like to; get me; pull; pull up; want; need; wanna; "
         "gimme; i wonder; is it; what's; whats; what is; what are; what was; what were; do; "
         "does; did; have; has; had; is; are; was; were; be; been; being; the; a; an; of; in; on; at; for; from; "
         "to; with; into; as; it; its; that; this; these; those; there; so far; so; now; right now; currently; up; "
         "out; got; take; takes; took; made; makes; having; coming; came; come; bring; brings; brought; during; "
         "over all; then; some; any; all; total of; overall of; me; if; or so; exactly; actually; each of; within; "
         "like; more; fewer; often; so many; because; because of; due; done; u; lol; over; over time; main; fiscal; "
         "fy; earn; earned; earns; earning; sort; email me; e-mail me; mail me; "
         " on track; track; tracking; "
         "mix; ones; actually; along; "
         "through; throughout; via; grouped; split; broken; down; sorted; ranked; stacked; put; between; look; "
         "looks; looking; among; amongst; using; use; file; format; form; question; quick; quickly; can; will you; "
         "would; should; could; time; times; way; where; when; he; she; his; her; their; they; them; quite; even; "
         "happened; happen; went; go; gone; going; handled; handle; level; type of deal; basis; in terms of; "
         "terms; by the way; regarding; concerning; respect; respectively; both; itself; themselves; had we; "
         "generated; generate; generates; produced; produce; achieved; achieve; reached; delivered by; logged; "
         "log; sent; made by; placed; received; receive; raised; raise; submitted; held; hello there; morning; ok; "
         "stand; rank; "
         "okay; yes; well; hmm; uh; sorry; quick question; dear; bot; rapport; e g; eg; already; yet; still"),
        (K.FILLER, None, ORDINARY),
        (K.DRILL, None,
         "drill into; drill down into; drill down; drill; zoom into; zoom in on; zoom in; focus on; dig into; "
         "drill in; drill deeper; dig deeper into; dive into"),
        (K.ALSO, None, "also by; and also; and by; also; additionally; add to that"),
        (K.AND, None, "and; &; plus; or; as well as; along with; together with; ,"),
        (K.ALL_TIME, None,
         "ever; all time; of all time; for all time; all-time; since the beginning; since the start; since we started"),
        (K.OWN, None, "my; mine; i; i've; myself; my own; only mine; i'm; i'll; me and my"),
        (K.WIDE, None, "we; our; ours; us; we've; team's; everyone's; company's; colleagues; whole; entire; all the"),
    ]
)  # fmt: skip
"""Phrases that are found before dates and numbers, the longest first."""

DIMENSIONS = _phrases(
    [
        (K.DIMENSION, Dimension.REP,
         "rep; reps; representative; representatives; owner; owners; salesperson; salespeople; seller; sellers; "
         "person; people; agent; agents; assignee; assignees; salesman; colleague; handler"),
        (K.DIMENSION, Dimension.TEAM, "team; teams; department; departments; squad; squads; crew"),
        (K.DIMENSION, Dimension.STAGE, "stage; stages; phase; phases; step; steps"),
        (K.DIMENSION, Dimension.SOURCE, "source; sources; channel; channels; origin"),
        (K.DIMENSION, Dimension.PRODUCT, "product; products; item; items; product line; products sold"),
        (K.DIMENSION, Dimension.INDUSTRY, "industry; industries; sector; sectors; vertical; verticals; branch"),
        (K.DIMENSION, Dimension.REGION, "region; regions; territory; territories; area; areas; geo; geography"),
        (K.DIMENSION, Dimension.COUNTRY, "country; countries; nation; market country"),
        (K.DIMENSION, Dimension.ACCOUNT,
         "account; accounts; customer; customers; company; companies; client; clients"),
        (K.DIMENSION, Dimension.CURRENCY, "currency; currencies"),
        (K.DIMENSION, Dimension.REASON, "reason; reasons; cause; causes"),
        (K.DIMENSION, Dimension.KIND, "kind; kinds; type; types"),
        (K.DIMENSION, Dimension.CATEGORY, "category; categories; topic; topics"),
        (K.DIMENSION, Dimension.PRIORITY, "priority; priorities; urgency; severity"),
        (K.DIMENSION, Dimension.STATUS, "status; statuses; state; states"),
    ]
)  # fmt: skip

TIMES = _phrases(
    [
        (K.DIMENSION, Dimension.DAY, "day; daily"),
        (K.DIMENSION, Dimension.WEEK, "week; weeks; weekly; wk"),
        (K.DIMENSION, Dimension.MONTH, "month; months; monthly; mth"),
        (K.DIMENSION, Dimension.QUARTER, "quarter; quarters; quarterly; qtr"),
        (K.DIMENSION, Dimension.YEAR, "year; years; yearly; annual; annually; yr"),
    ]
)
"""Found after dates, of which they may be a part ("this month")."""

BY_THEMSELVES = frozenset(
    {"daily", "weekly", "monthly", "quarterly", "yearly", "annual", "annually"}
    | {
        f"{unit}{between}{unit}"
        for unit in ("day", "week", "month", "quarter", "year")
        for between in (" by ", " to ", "-by-")
    }
    | {"by the week", "by the month"}
    | {f"{each} {unit}" for unit in ("day", "week", "month", "quarter", "year") for each in ("each", "every")}
    | {"all months", "calendar weeks", "calendar months"}
    | {f"{on}{unit} basis" for unit in ("weekly", "monthly", "quarterly", "yearly") for on in ("", "on a ")}
)
"""Words that group without "by"."""

CURRENCIES = {
    "dollar": "USD", "dollars": "USD", "usd": "USD", "euro": "EUR", "euros": "EUR", "eur": "EUR", "pound": "GBP",
    "pounds": "GBP", "gbp": "GBP", "sterling": "GBP", "chf": "CHF", "francs": "CHF", "yen": "JPY", "jpy": "JPY",
}  # fmt: skip
COUNTRIES = {
    "usa": "US", "u.s.": "US", "united states": "US", "america": "US", "the us": "US", "states": "US", "uk": "GB",
    "u.k.": "GB", "great britain": "GB", "britain": "GB", "england": "GB", "holland": "NL", "the netherlands": "NL",
}  # fmt: skip
COUNTRY_GROUPS = {
    "dach": ("AT", "CH", "DE"), "benelux": ("BE", "LU", "NL"), "nordics": ("DK", "FI", "IS", "NO", "SE"),
    "the nordics": ("DK", "FI", "IS", "NO", "SE"), "scandinavia": ("DK", "NO", "SE"), "iberia": ("ES", "PT"),
    "anz": ("AU", "NZ"), "australia and new zealand": ("AU", "NZ"), "uk and ireland": ("GB", "IE"),
    "british isles": ("GB", "IE"), "baltics": ("EE", "LT", "LV"),
}  # fmt: skip
"""Several countries by one name, as sales territories are called."""
VALUE_ALIASES = {
    Dimension.REASON: {"pricing": "price", "too expensive": "price", "competition": "competitor",
                       "competitors": "competitor", "budget": "no budget", "missing features": "feature gap",
                       "missing feature": "feature gap", "features": "feature gap", "indecision": "no decision"},
    Dimension.SOURCE: {"existing customers": "existing customer", "cold calls": "outbound",
                       "trade shows": "event", "trade show": "event", "partnerships": "partner"},
    Dimension.REGION: {"latin america": "LATAM", "asia pacific": "APAC", "asia": "APAC", "europe": "EMEA",
                       "na": "North America", "namer": "North America", "noram": "North America"},
    Dimension.KIND: {"phone call": "call", "phone calls": "call", "called": "call", "e-mail": "email",
                     "e-mails": "email", "mail": "email", "mails": "email", "emailed": "email",
                     "met": "meeting", "visit": "meeting", "phoned": "call", "dials": "call", "calling": "call"},
    Dimension.STATUS: {"resolved": "solved", "pending": "waiting", "canceled": "cancelled"},
}  # fmt: skip
