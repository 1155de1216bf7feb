-- One row is an agency that is owed another amount than its movements, or the system of record, say; a payout of an agency that can't
-- be told from a creator's or that takes more than is owed; or what an agency's share rests on that nobody can follow.
-- grain: subject_kind, subject_id, entity, unit, reason
-- control: agency_rollforward
-- severity: review
-- blocks: fed_balance, identity, shared_id, overdrawn
-- unit: currency
-- reasons: fed_balance, identity, shared_id, overdrawn, ended, clawback_reference
-- guards: an agency paid for gifts that were undone, paid twice, or paid by terms that ended
-- question: Is each agency owed what its creators' gifts gave it, less what was taken back and paid?
-- causes: the system of record has another share or another day for a creator's change of agency; a payout file with the ids of creators' payouts; an agency that left while its creators' terms still name it; a clawback entered without its gift
-- action: compare the agency's statement with the system of record day by day; correct creators' or agencies' terms from the day on which they changed, give the payout an id of its own, or adjust the agency by a row of agency_adjustments
-- checked: from (
--         select agencies.agency_id
--         from (
--             select agency_id, entity, currency
--             from led_agency_rollforward
--             union
--             select agency_id, entity, currency
--             from led_agency_fed
--         ) as agencies
--         where not exists (
--             select 1
--             from ctl_agency_rollforward as named
--             where named.subject_kind = 'agency'
--                 and named.subject_id = agencies.agency_id
--                 and named.entity = agencies.entity
--                 and named.unit = agencies.currency
--         )
--         union all
--         select items.item_id
--         from (
--             select payout_id as item_id, accounting_month
--             from stg_agency_payouts
--             union
--             select adjustment_id, accounting_month
--             from led_agency_clawback
--             where reference_id is not null
--         ) as items
--         cross join run
--         where items.accounting_month = run.period
--             and items.item_id not in (select subject_id from ctl_agency_rollforward where subject_kind <> 'agency')
--         union all
--         select subject_id
--         from ctl_agency_rollforward
--     ) as judged
-- not_compared: select cast(coalesce(sum(things), 0) as bigint) from led_compared_account where control = 'agency_rollforward'
-- not_compared_reason: no balance of the system of record was fed for what these agencies are owed
-- opening + accrued - reversed - clawed back +- adjusted - redeemed + returned - rounding = closing; and the system of record's balance
-- is carat's. No payout has the id of a creator's payout, and none takes more than the agency was owed at the end of its day. To be
-- looked at: what an agency got after its terms ended, and clawbacks whose reference is no gift of the creator, so that nothing is
-- taken back from an agency for them (one without a reference is adjustment_authority's to name).
with rolled as (
    select
        agency_id,
        entity,
        currency,
        opening_amount + accrued_amount + reversed_amount + clawed_back_amount + adjusted_amount + redeemed_amount + returned_amount
            + rounding_amount as rolled_amount,
        closing_amount
    from led_agency_rollforward
),

shared as (
    select
        stg_agency_payouts.payout_id,
        stg_agency_payouts.agency_id,
        stg_agency_payouts.entity,
        stg_agency_payouts.currency,
        stg_agency_payouts.gross_amount,
        stg_agency_payouts.batch_id,
        stg_agency_payouts.source_line,
        row_number() over (
            partition by stg_agency_payouts.payout_id
            order by stg_agency_payouts.updated_at, stg_agency_payouts.batch_id, stg_agency_payouts.source_line
        ) as version_no
    from stg_agency_payouts
    cross join run
    where stg_agency_payouts.accounting_month = run.period
        and stg_agency_payouts.payout_id in (select payout_id from stg_payouts)
),

overdrawn as (
    select
        led_agency_payout.payout_id,
        led_agency_payout.agency_id,
        led_agency_payout.entity,
        led_agency_payout.currency,
        cast(led_agency_payout.gross_amount - least(led_agency_payout.gross_amount, -led_agency_payout.day_end_balance) as decimal(38, 9))
            as owed_amount,
        cast(led_agency_payout.gross_amount as decimal(38, 9)) as gross_amount,
        led_agency_payout.day,
        led_payout_event.batch_id,
        led_payout_event.source_line
    from led_agency_payout
    cross join run
    inner join led_payout_event
        on led_payout_event.payout_id = led_agency_payout.payout_id
        and led_payout_event.step = 0
        and led_payout_event.accounting_month = run.period
    where led_agency_payout.day_end_balance < 0 and led_agency_payout.gross_amount > 0
),

on_file as (
    select distinct agency_id
    from stg_agencies
),

ended as (
    select
        led_agency_share.agency_id,
        led_agency_share.entity,
        led_agency_share.currency,
        min(led_agency_share.event_day) as first_day,
        count(distinct led_agency_share.creator_id) as creators,
        cast(sum(led_agency_share.amount) as decimal(38, 9)) as amount
    from led_agency_share
    cross join run
    inner join on_file
        on on_file.agency_id = led_agency_share.agency_id
    where led_agency_share.accounting_month = run.period and led_agency_share.is_gift and not led_agency_share.has_terms
    group by led_agency_share.agency_id, led_agency_share.entity, led_agency_share.currency
),

lost as (
    select
        led_agency_clawback.adjustment_id,
        led_agency_clawback.creator_id,
        led_agency_clawback.entity,
        led_agency_clawback.reference_id,
        led_agency_clawback.clawed,
        led_agency_clawback.batch_id,
        led_agency_clawback.source_line
    from led_agency_clawback
    cross join run
    where led_agency_clawback.accounting_month = run.period
        and led_agency_clawback.reference_id is not null
        and not led_agency_clawback.is_gift
        and led_agency_clawback.creator_id in (select creator_id from stg_creators where agency_id is not null and agency_share > 0)
)

select
    entity,
    'agency' as subject_kind,
    agency_id as subject_id,
    own_amount as expected,
    fed_amount as actual,
    cast(fed_amount - own_amount as decimal(38, 9)) as difference,
    currency as unit,
    'fed_balance' as reason,
    'By the system of record this agency is owed ' || plain(fed_amount) || ' ' || currency || ' just before ' || iso_instant(as_of)
        || '; its creators'' gifts, less what was taken back and paid, give ' || plain(own_amount) || ' ' || currency || '.' as detail,
    batch_id,
    source_line
from led_agency_fed
where fed_amount <> own_amount and latest = 1
union all
select
    entity,
    'agency' as subject_kind,
    agency_id as subject_id,
    cast(rolled_amount as decimal(38, 9)) as expected,
    closing_amount as actual,
    cast(closing_amount - rolled_amount as decimal(38, 9)) as difference,
    currency as unit,
    'identity' as reason,
    'Opening and movements give ' || plain(cast(rolled_amount as decimal(38, 9))) || ' ' || currency || ', all that moved since carat began gives '
        || plain(closing_amount) || ' ' || currency || '.' as detail,
    cast(null as varchar) as batch_id,
    cast(null as bigint) as source_line
from rolled
where rolled_amount <> closing_amount
union all
select
    entity,
    'payout' as subject_kind,
    payout_id as subject_id,
    cast(0 as decimal(38, 9)) as expected,
    cast(gross_amount as decimal(38, 9)) as actual,
    cast(gross_amount as decimal(38, 9)) as difference,
    currency as unit,
    'shared_id' as reason,
    'A payout to agency ' || agency_id || ' of ' || plain(gross_amount) || ' ' || currency || ' has the id of a creator''s payout: payments of '
        || payout_id || ' can''t be told apart, so it is in no balance.' as detail,
    batch_id,
    source_line
from shared
where version_no = 1
union all
select
    entity,
    'payout' as subject_kind,
    payout_id as subject_id,
    owed_amount as expected,
    gross_amount as actual,
    cast(gross_amount - owed_amount as decimal(38, 9)) as difference,
    currency as unit,
    'overdrawn' as reason,
    'Agency ' || agency_id || ' was paid ' || plain(gross_amount) || ' ' || currency || '; at the end of ' || iso_day(day) || ' it was owed '
        || plain(owed_amount) || ' ' || currency || ' before it.' as detail,
    batch_id,
    source_line
from overdrawn
union all
select
    entity,
    'agency' as subject_kind,
    agency_id as subject_id,
    cast(0 as decimal(38, 9)) as expected,
    amount as actual,
    amount as difference,
    currency as unit,
    'ended' as reason,
    'No terms of this agency are in force from ' || iso_day(first_day) || ' on, and ' || counted(creators, 'creator') || ' still '
        || case when creators = 1 then 'names' else 'name' end || ' it: ' || plain(amount) || ' ' || currency || ' of gifts since.' as detail,
    cast(null as varchar) as batch_id,
    cast(null as bigint) as source_line
from ended
where amount <> 0
union all
select
    entity,
    'adjustment' as subject_kind,
    adjustment_id as subject_id,
    cast(clawed as decimal(38, 9)) as expected,
    cast(0 as decimal(38, 9)) as actual,
    cast(-clawed as decimal(38, 9)) as difference,
    'diamonds' as unit,
    'clawback_reference' as reason,
    counted(clawed, 'diamond') || ' ' || were(clawed) || ' clawed back from ' || creator_id || ' for ' || reference_id
        || ', which is no gift of this creator: no agency gives anything back for it.' as detail,
    batch_id,
    source_line
from lost
order by subject_kind, subject_id, entity, unit, reason
