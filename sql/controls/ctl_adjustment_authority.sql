-- One row is an adjustment that nobody with authority approved, that names no reference, that goes the wrong way, or a split that doesn't add up.
-- grain: subject_id, unit, reason
-- control: adjustment_authority
-- severity: review
-- unit: coins, diamonds or currency
-- reasons: approver, no_reference, direction, split
-- guards: coins, diamonds or an agency's money made or taken away by hand, without a reason that can be followed
-- question: Was every change by hand approved and founded?
-- causes: an approver who isn't in the list yet; a ticket number left out; one half of a split that was never booked or has another size; a sign turned round
-- action: have it approved by someone who may, add the reference or the missing half by a new row, or reverse it
-- checked: from (
--         select adjusted.adjustment_id
--         from (
--             select adjustment_id, accounting_month
--             from stg_coin_adjustments
--             union all
--             select adjustment_id, accounting_month
--             from stg_diamond_adjustments
--             union all
--             select adjustment_id, accounting_month
--             from stg_agency_adjustments
--         ) as adjusted
--         cross join run
--         where adjusted.accounting_month = run.period
--             and adjusted.adjustment_id not in (select subject_id from ctl_adjustment_authority)
--         union all
--         select subject_id
--         from ctl_adjustment_authority
--     ) as judged
-- not_compared_reason: no coins, no diamonds and no agency's money were adjusted in the month
-- approved_by is one of `approvers` in carat.yaml, whatever the case of its letters (an empty list names nobody, and then names
-- are not judged); clawbacks, splits and corrections carry a reference; the splits of one reference sum to zero, counted up to the period's end and named
-- by the reference. Promotions, debt written off and bonuses give; expiry, clawbacks and penalties take: another sign is named
-- (direction), because the ledger books the amount as it stands. Splits and corrections go either way.
with adjusted as (
    select
        entity,
        adjustment_id,
        cast(coins as decimal(38, 6)) as quantity,
        'coins' as unit,
        reason as kind,
        reference_id,
        approved_by,
        accounting_month,
        batch_id,
        source_line
    from stg_coin_adjustments
    cross join run
    where accounting_month <= run.period and adjusted_at >= run.first_start
    union all
    select
        entity,
        adjustment_id,
        cast(diamonds as decimal(38, 6)) as quantity,
        'diamonds' as unit,
        reason as kind,
        reference_id,
        approved_by,
        accounting_month,
        batch_id,
        source_line
    from stg_diamond_adjustments
    cross join run
    where accounting_month <= run.period and adjusted_at >= run.first_start
    union all
    select
        stg_agency_adjustments.entity,
        stg_agency_adjustments.adjustment_id,
        cast(stg_agency_adjustments.amount as decimal(38, 6)) as quantity,
        coalesce(stg_agency_adjustments.currency, stg_agencies.currency, run.reporting_currency) as unit,
        stg_agency_adjustments.reason as kind,
        stg_agency_adjustments.reference_id,
        stg_agency_adjustments.approved_by,
        stg_agency_adjustments.accounting_month,
        stg_agency_adjustments.batch_id,
        stg_agency_adjustments.source_line
    from stg_agency_adjustments
    cross join run
    left join stg_agencies
        on stg_agencies.agency_id = stg_agency_adjustments.agency_id
        and stg_agency_adjustments.adjusted_at >= stg_agencies.valid_from
        and stg_agency_adjustments.adjusted_at < stg_agencies.valid_until
    where stg_agency_adjustments.accounting_month <= run.period and stg_agency_adjustments.adjusted_at >= run.first_start
),

own as (
    select
        adjusted.entity,
        adjusted.adjustment_id,
        adjusted.quantity,
        adjusted.unit,
        adjusted.kind,
        adjusted.reference_id,
        adjusted.approved_by,
        adjusted.batch_id,
        adjusted.source_line
    from adjusted
    cross join run
    where adjusted.accounting_month = run.period
),

split_sums as (
    select
        adjusted.entity,
        adjusted.reference_id,
        adjusted.unit,
        cast(sum(adjusted.quantity) as decimal(38, 6)) as quantity,
        cast(count(*) as bigint) as split_count,
        max(adjusted.accounting_month) as last_month
    from adjusted
    where adjusted.kind = 'split' and adjusted.reference_id is not null
    group by adjusted.entity, adjusted.reference_id, adjusted.unit
),

findings as (
    select
        own.entity,
        own.adjustment_id as subject_id,
        own.quantity,
        own.unit,
        'approver' as reason,
        with_unit(own.quantity, own.unit) || ' (' || own.kind || ') ' || were(own.quantity) || ' approved by ' || own.approved_by
            || ', who is not one of the approvers in carat.yaml.' as detail,
        own.batch_id,
        own.source_line
    from own
    left join run_approvers
        on run_approvers.approver = lower(trim(own.approved_by))
    where run_approvers.approver is null and exists (select 1 from run_approvers)
    union all
    select
        entity,
        adjustment_id as subject_id,
        quantity,
        unit,
        'no_reference' as reason,
        'A ' || kind || ' of ' || with_unit(quantity, unit) || ' names no reference, so nobody can follow why.' as detail,
        batch_id,
        source_line
    from own
    where kind in ('clawback', 'split', 'correction') and reference_id is null
    union all
    select
        entity,
        adjustment_id as subject_id,
        quantity,
        unit,
        'direction' as reason,
        case
            when quantity > 0 then 'An adjustment of kind ' || kind || ' takes ' || unit || ', and this one gives ' || with_unit(quantity, unit) || '.'
            else 'An adjustment of kind ' || kind || ' gives ' || unit || ', and this one takes ' || with_unit(-quantity, unit) || '.'
        end as detail,
        batch_id,
        source_line
    from own
    where (kind in ('expiry', 'clawback', 'penalty') and quantity > 0)
        or (kind in ('promo', 'debt_writeoff', 'bonus') and quantity < 0)
    union all
    select
        split_sums.entity,
        split_sums.reference_id as subject_id,
        split_sums.quantity,
        split_sums.unit,
        'split' as reason,
        case when split_sums.split_count = 1 then 'The one split of ' || split_sums.reference_id || ' comes to '
            else 'The ' || plain(split_sums.split_count) || ' splits of ' || split_sums.reference_id || ' sum to ' end
            || with_unit(split_sums.quantity, split_sums.unit) || ' instead of zero: a part is missing or has another size.' as detail,
        cast(null as varchar) as batch_id,
        cast(null as bigint) as source_line
    from split_sums
    cross join run
    where split_sums.last_month = run.period and split_sums.quantity <> 0
)

select
    entity,
    'adjustment' as subject_kind,
    subject_id,
    cast(0 as decimal(38, 9)) as expected,
    cast(quantity as decimal(38, 9)) as actual,
    cast(quantity as decimal(38, 9)) as difference,
    unit,
    reason,
    detail,
    batch_id,
    source_line
from findings
order by subject_id, unit, reason, entity
