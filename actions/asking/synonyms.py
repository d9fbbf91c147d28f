"""Further words for what the lexicon knows, as managers, reps and agents say them; the lexicon's own meaning wins.

Sorted by what is meant. Words with a second sense in this trade ("bonus", "leads", "segment") are not here.
"""

from __future__ import annotations

from itertools import product
from typing import Any

from actions.asking.terms import TermKind as K
from crm_store.insights.query.layer import Deals, Dimension, Measure
from crm_store.insights.query.report_query import Shift


def _combined(*parts: str) -> str:
    """Every way to take one of each part: "hit; miss" and "target; quota" are four phrases."""
    return "; ".join(" ".join(" ".join(each).split()) for each in product(*(part.split("; ") for part in parts)))


_WHOSE = "; his; her; my; our; your; their; the"
SYNONYMS: list[tuple[K, Any, str]] = [
    (K.SHIFT, Shift.YEAR_BEFORE,
     "same time a year ago; this time last year; same point last year; the same point last year; same stage last "
     "year; prior year; the prior year; versus prior year; year before; twelve months ago; 12 months ago; y/y; yr"
     " on yr"),
    (K.SHIFT, Shift.PREVIOUS, "the period prior; m/m; q/q; w/w; period on period; period over period"),
    (K.MEASURE, Measure.WIN_RATE,
     "at closing; at winning; win percent; win percentage; won percent; close percent; close percentage; "
     "convert; converts; "
     "converting; strike rate; batting average; rate of winning; rate of wins; winning percentage; closed won "
     "rate; deal win rate; win loss rate; deals win rate; success percent; chance of winning; how well do we "
     "convert"),
    (K.MEASURE, Measure.CYCLE,
     "time from creation to close; creation to close; days from creation to close; age at close; age at win; time"
     " to a win; time to sign; days to sign; deal length; deal duration; sales duration; length of our sales "
     "cycle; close time; close times; time it takes to close; time it takes to win; time taken to close; selling "
     "time; cycle times"),
    (K.MEASURE, Measure.ATTAINMENT,
     _combined("hit; hits; hitting; made; make; makes; making; miss; misses; missed; missing; beat; beats; beating; "
               "meet; meets; met; reach; reaches; reached; reaching; smash; smashed; smashing; exceed; exceeded; "
               "crushed",
               _WHOSE, "number; target; targets; quota; quotas; goal; goals; plan")
     + "; " + _combined("behind; off; short of; under; below; to; on; on track for; on course for; close to; against; "
                        "vs; versus; ahead of; over; above; past; of; from", _WHOSE, "number; target; quota; goal")
     + "; quota gap; gap to quota; gap to target; target gap; quota progress; progress to quota; progress to target; "
     "progress towards quota; progress towards target; towards quota; towards target; quota coverage so far; "
     "quota performance; target performance; performance against quota; performance against target; performance "
     "vs quota; performance vs target; quota standing; quota completion; achievement; achievements; sales goals; "
     "targets hit"),
    (K.MEASURE, Measure.COMMISSION,
     _combined("commission; commissions", "payable; owed; owing; paid; paid out; pay out; payment; payments; bill; "
                                          "cost; costs; spend; total; totals; amount; amounts; figures; payouts; "
                                          "liability")
     + "; commish; payout; payouts; commission we owe; commissions we owe; commission i owe; commission money; comm"),
    (K.MEASURE, Measure.FIRST_RESPONSE,
     "initial response time; initial response; first touch time; frt; wait time; wait times; waiting time; time "
     "to reply; time until first reply; time until first response; time until answered; speed of response; "
     "response speed; reply times; reply speed; first answer time; time before first reply; first reply times; "
     "reaction times; answer times"),
    (K.MEASURE, Measure.RESOLUTION,
     "turnaround; turnaround time; turnaround times; fix time; fix times; mttr; ttr; mean time to resolve; mean "
     "time to resolution; ticket cycle time; time to fix; time to a solution; solve time; solve times; solution "
     "times; resolve time; resolve times; time tickets take; time it takes to solve; time it takes to resolve; "
     "handling times; time until resolved; time to close tickets; time to close a ticket"),
    (K.MEASURE, Measure.WEIGHTED,
     "weighted pipe; probability weighted; probability weighted pipeline; risk adjusted; risk adjusted pipeline; "
     "weighted open pipeline; weighted by probability; probability adjusted; weighted deals; expected value"),
    (K.MEASURE, Measure.AVERAGE_ORDER,
     "average basket; avg basket; average basket size; avg basket size; basket size; basket value; average basket"
     " value; mean order; typical order; typical order value; order average"),
    (K.MEASURE, Measure.ORDER_VALUE,
     "order book value; ordered value; value ordered; value of order; sales orders value; worth of orders; worth "
     "of all orders; order worth; orders worth; money from orders; order sales; order turnover"),
    (K.BOARD, None, "league; standings; sales standings; scoreboard; sales leader board; leaders board"),
    (K.WIDE, None,
     "all of them; everybody's; every rep; every salesperson; all my reps; my reps; our reps; all salespeople; "
     "the guys; sales guys; all teams; all the teams; across the team; across the company; across all reps; group"
     " wide; companywide; team wide; teamwide; as a team; as a company; the business as a whole; the floor"),
    (K.COUNT, None,
     "what number of; how many of; quantity; quantity of; tally; tally of; total count; total count of; headcount"
     " of; counts; counts of; total no of; nos of; volume of; volumes; how many times"),
    (K.WORTH, None,
     "total worth; combined value; combined worth; cash value; monetary value; in money; in money terms; in "
     "value; value wise; deal worth; ticket size; price tag; sum total; grand total; grand total of; what is the "
     "value of; dollar amount; dollar amounts; overall value; overall amount; money value"),
    (K.WORTH, Deals.WON,
     "how much comes from; how much came from; how much do we get from; how much did we get from; buys; buying; "
     "most new business; in new business; the new business; "
     "takings; proceeds; earnings; closed revenue; closed business; won business; revenue closed; revenue won; "
     "top line; topline; total bookings; total turnover; new revenue booked; sales figures; sales figure; sales "
     "total; revenue total; revenue figures; total income; cash; flogged; sales made; net sales; billings"),
    (K.PIPELINE, None,
     "pipe line; pipelin; open business; open value; open book; deal pipeline; sales pipeline; our book"),
    (K.DEALS, Deals.WON,
     "got over the line; over the line; inked; closed out; wrapped up; won over; brought home; nailed; scored; "
     "closed as won; marked won; marked as won; victories; victory; closed deals won; came through; sealed the "
     "deal; got closed; succeeded; successful"),
    (K.DEALS, Deals.LOST,
     "didn't win; didnt win; did not win; haven't won; not won; missed out on; lost out on; lost out; walked "
     "away; losed; turned us down; turned down; unsuccessful; closed as lost; marked lost; marked as lost; slip "
     "away; slipped away; dropped out; got away; went to the competition"),
    (K.DEALS, Deals.OPEN,
     "being worked; working on; still going; not closed; not closed yet; not yet closed; unsettled; undecided; in"
     " the running; on the go; up for grabs; still live; still active; still in progress; to be closed; yet to "
     "close; about to close; supposed to close; meant to close; planned to close; scheduled to close; slated to "
     "close; forecast to close; forecasted to close; projected to close; should close; will close; could close; "
     "might close; due; due in; landing in; falling in; coming up; up for close; unclosed; still there"),
    (K.DEALS, Deals.NEW,
     "fresh; brand new; newly added; just created; recently created; recently added; newly logged; newly entered;"
     " put in the pipeline; added to the pipeline; entered the pipeline; entering the pipeline; came into the "
     "pipeline; came into the pipe; sourced; created deals; got created; got added; were created; were added; "
     "were opened; kicked off"),
    (K.DEAL_NOUN, None,
     "oppty; oppties; oppts; opty; optys; oppurtunity; oppurtunities; prospect deals; accounts deals; sales "
     "deals; sales opportunities; sales opportunity; dealz; deels"),
    (K.TICKETS, None,
     "tckt; tckts; tkt; tkts; tick; ticks; support issues; issues; issue; inquiries; enquiries; support queries; "
     "incident; incidents; help requests; help desk tickets; helpdesk tickets; service requests; requests; "
     "complaints; support volume; case; case volume; customer issues; customer tickets; customer complaints; "
     "problem reports"),
    (K.ORDERS, None,
     "sales orders; sales order; purchase orders; customer order; orders placed; order volume"),
    (K.ACTIVITIES, None,
     "outreach; outreaches; touch points; touches made; touch; engagements; customer contact; contact attempts; "
     "customer touches; sales activity; sales activities; activity level; activity levels; activity count; "
     "activity volume; activity numbers; work logged; logged activity; logged activities; how much activity; "
     "actions logged; customer activity; customer activities"),
    (K.HOW_LONG, None,
     "take longer; takes longer; taking longer; took longer; longer; slower; faster; quicker; how many weeks; how"
     " slow; how slowly; how speedy; how much longer; what's the wait; average time; avg time; mean"
     " time; average time it takes; time it takes; the time it takes; average time taken; time taken; average "
     "days; avg days; average number of days; number of days; average hours; avg hours; number of hours; amount "
     "of time"),
    (K.AVERAGE, None,
     "averaging; per deal average; mean average; an average; the average; aver; on avg; averagely"),
    (K.TOP, None,
     "ahead; in front; in the lead; top performing; best performing; highest performing; top selling; most "
     "successful; most valuable; number one; no 1; high to low; highest to lowest; "
     "largest to smallest; biggest to smallest; best to worst; most to least; from best to worst; from high to "
     "low; most first; slowest first; longest first; top to bottom; heaviest; richest; most common; "
     "most frequent; highest value; highest valued; best ones; desc"),
    (K.LOWEST, None,
     "behind; lagging; lagging behind; last place; worst performing; lowest performing; poorest "
     "performing; least successful; low to high; lowest to highest; smallest to largest; smallest to "
     "biggest; worst "
     "to best; least to most; from worst to best; from low to high; fewest first; least first; fastest first; "
     "shortest first; quickest first; bottom to top; least common; rarest; lightest; lowest value; lowest valued;"
     " asc; struggling; struggles"),
    (K.COMPARE, None,
     "compared; compare it with; compare them with; compare that with; compared with how; stacked against; "
     "stacked up against; set beside; side by side with; side by side; head to head; measured against; put "
     "against; up against; in contrast to; contrasted with; difference between; the difference between; "
     "difference from; change from; change since; increase over; increase on; rather than; outperforming; "
     "outperform; outsell; outselling; outsold; better or worse than; more or less than; higher or lower than; "
     "more than; less than; fewer than"),
    (K.ALONE, None,
     _combined("drop; without; no; remove; lose; skip; hide", "; the; that", "comparison; compare; comparing")
     + "; stop comparing; don't compare; dont compare; not compared; uncompared"),
    (K.CHANGE, None,
     "getting better; getting worse; getting slower; getting faster; getting longer; getting shorter; getting bigger; "
     "getting smaller; dropped; fell; falling; lower; higher; declined; declining; decline; decrease; decreased; "
     "decreasing; increase; "
     "increased; increasing; grew; grown; growing; grow; rose; rising; shrank; shrunk; shrinking; slowed; slowing; "
     "dipped; dipping; improve; improved; improving; worsened"),
    (K.NOT, None,
     "skip; skipping; ignore; forget; forget about; leave out; drop; dropping; strip out; take out; taking out; "
     "remove; removing; don't count; dont count; don't include; dont include; do not include; don't want; dont "
     "want; don't need; dont need; do not need; don't show; dont show; sans; with the exception of; omitting; "
     "omit; leave off; disregard; disregarding; not counting in; not incl; excl.; ex; less the; besides; aside "
     "from; but for; rule out; any but"),
    (K.ALL_TIME, None,
     "all years; in total ever; lifetime; since day one; historically; to date overall; since forever; over all "
     "years; all of history; full history; whole history; from the beginning; from the start"),
    (K.OWN, None, "i'd; i personally; me personally; just me; only me; by me; of me; me only"),
    (K.DIMENSION, Dimension.REP,
     "ae; aes; account exec; account execs; sales exec; sales execs; exec; execs; sales agent; sales agents; "
     "support agent; support agents; agent name; rep name; sales member; teammate; teammates; team mate; team "
     "mates; each person; who owns them; person responsible; responsible person; closers; seller name; "
     "individual; individuals; colleagues; salesmen; saleswoman; saleswomen; salesrep; salesreps; consultant; "
     "consultants; advisor; advisors"),
    (K.DIMENSION, Dimension.TEAM,
     "sales teams; team name; dept; depts; pod; pods; sales group; sales groups; division; divisions"),
    (K.DIMENSION, Dimension.STAGE,
     "sales stages; pipeline stages; deal stages; pipeline phase; pipe stage; sales step; stg"),
    (K.DIMENSION, Dimension.SOURCE,
     "where did they come from; where do they come from; where did those come from; where did these come from; "
     "where are they coming from; where are they from; sources of deals; lead channel; lead channels; lead origin; "
     "origins; where they came from; where they come from; where it came from; "
     "acquisition channel; acquisition channels; sales channel; "
     "sales channels; marketing channel; deal origin; deal channel; how they found us; src"),
    (K.DIMENSION, Dimension.PRODUCT,
     "sku; skus; product lines; product type; product types; product name; product names; articles sold; goods; "
     "offering; offerings; what we sell; main product; prod; prods"),
    (K.DIMENSION, Dimension.INDUSTRY,
     "customer industry; trade; trades; industry sector; industry vertical; business sector; line of business; "
     "branches; kind of business; type of business; kind of company; type of company; customer type; type of "
     "customer; indus"),
    (K.DIMENSION, Dimension.REGION,
     "continent; continents; geos; sales region; sales regions; world region; patch; patches; locations; location"),
    (K.DIMENSION, Dimension.COUNTRY, "nations; customer country; land; lands; country of customer; ctry"),
    (K.DIMENSION, Dimension.ACCOUNT,
     "buyer; buyers; logo; logos; customer name; company name; account name; customer account; customer accounts;"
     " firm; firms; business customer; business customers; clientele; purchasers"),
    (K.DIMENSION, Dimension.CURRENCY, "money type; ccy; invoice currency"),
    (K.DIMENSION, Dimension.REASON,
     "loss cause; cause of loss; causes of loss; reason we lost; reasons we lost; reason for "
     "losses; reasons for losses; reasons for losing; reasons for loss; reasons why; the reasons why; reasons "
     "given; how come; what went wrong; whys; lose reason; lose reasons; main reason; main reasons; "),
    (K.DIMENSION, Dimension.KIND,
     "kinds of activity; types of activity; activity kinds; contact type; contact types; type of contact; kind of"
     " contact; type of touch; activity category"),
    (K.DIMENSION, Dimension.CATEGORY,
     "ticket type; ticket types; type of ticket; types of ticket; kind of ticket; ticket category; ticket "
     "categories; ticket topic; ticket topics; issue type; issue types; type of issue; kind of issue; theme; "
     "themes; subject area; kind of problem; type of problem; problem type; problem area; area of problem; ticket"
     " kind; ticket subject"),
    (K.DIMENSION, Dimension.PRIORITY,
     "ticket priority; prio; priority level; priority levels; severities; prios; how urgent"),
    (K.DIMENSION, Dimension.STATUS,
     "ticket status; order status; order state; ticket state; current status; where they stand; progress state"),
    (K.DIMENSION, Dimension.MONTH,
     "each month; every month; all months; on a monthly basis; monthly basis; calendar months"),
    (K.DIMENSION, Dimension.WEEK,
     "each week; every week; calendar week; calendar weeks; on a weekly basis; weekly basis; wkly"),
    (K.DIMENSION, Dimension.QUARTER,
     "each quarter; every quarter; fiscal quarter; on a quarterly basis; quarterly basis; qtrly"),
    (K.DIMENSION, Dimension.YEAR, "each year; every year; calendar year; on a yearly basis; yearly basis; per annum"),
]  # fmt: skip
"""Kind, value and phrases parted by semicolons, as in the lexicon."""
