-- One row is a refund, chargeback or reversal that doesn't undo what it says it undoes.
-- grain: subject_kind, subject_id, reason
-- control: refund_reversal
-- severity: block
-- unit: coins
-- reasons: no_original, wrong_owner, twice, above_original, above_original_money, other_currency, above_original_diamonds, other_diamonds
-- guards: money or coins given back that were never taken, to someone else, twice, or beyond what was bought
-- question: Does every refund, chargeback and reversal undo something that was really done, once?
-- causes: a refund delivered before its purchase's file; a purchase that came with the files of a later month; a support case handled twice; an original id cut off
-- action: find the original; if there is none, the refund is to be reversed and the money claimed back
-- checked: from (
--         select undone.undone_id
--         from (
--             select purchase_id as undone_id, 'purchase' as subject_kind, accounting_month
--             from led_refund
--             union all
--             select event_id, 'gift', accounting_month
--             from led_gift_reversal
--         ) as undone
--         cross join run
--         where undone.accounting_month = run.period
--             and not exists (
--                 select 1
--                 from ctl_refund_reversal as named
--                 where named.subject_kind = undone.subject_kind
--                     and named.subject_id = undone.undone_id
--             )
--         union all
--         select subject_id
--         from ctl_refund_reversal
--     ) as judged
-- not_compared_reason: no purchase and no gift was undone in the month
-- The original exists, is of the same people, is not smaller than what is undone, in coins and in money of its currency, and is
-- undone once. A reversal takes back the diamonds of its gift, of a part of the coins their part (to a whole diamond, either way). An
-- original that is older than carat may be inside the opening balance: its owner then has one.
with findings as (
    select
        entity,
        'purchase' as subject_kind,
        purchase_id as subject_id,
        accounting_month,
        replace(kind, '_', ' ') as what,
        viewer_id,
        cast(null as varchar) as creator_id,
        original_purchase_id as original_id,
        case
            when original_kind is null then 'no_original'
            when kind <> 'chargeback_reversal' and original_kind <> 'purchase' then 'no_original'
            when kind = 'chargeback_reversal' and original_kind not in ('chargeback', 'purchase') then 'no_original'
            when original_viewer_id <> viewer_id then 'wrong_owner'
            when undone_coins > original_coins or undone_coins < 0 then 'above_original'
        end as reason,
        case
            when original_kind is null or original_viewer_id <> viewer_id then 0
            when undone_coins < 0 then coins + undone_coins
            else coins - least(coins, undone_coins - original_coins)
        end as expected,
        coins as actual,
        'coins' as unit,
        batch_id,
        source_line
    from led_refund
    union all
    -- in money, where nothing else is wrong with it
    select
        entity,
        'purchase' as subject_kind,
        purchase_id as subject_id,
        accounting_month,
        replace(kind, '_', ' ') as what,
        viewer_id,
        cast(null as varchar) as creator_id,
        bought_id as original_id,
        case when currency <> original_currency then 'other_currency' else 'above_original_money' end as reason,
        case
            when currency <> original_currency then cast(0 as decimal(38, 6))
            when undone_gross < 0 then gross_amount + undone_gross
            else gross_amount - least(gross_amount, undone_gross - original_gross)
        end as expected,
        cast(gross_amount as decimal(38, 6)) as actual,
        currency as unit,
        batch_id,
        source_line
    from led_refund
    where (original_kind = 'purchase' or kind = 'chargeback_reversal' and original_kind = 'chargeback')
        and original_viewer_id = viewer_id
        and undone_coins between 0 and original_coins
        and gross_amount <> 0
        and (currency <> original_currency or undone_gross > original_gross or undone_gross < 0)
    union all
    select
        entity,
        'gift' as subject_kind,
        event_id as subject_id,
        accounting_month,
        'reversal' as what,
        viewer_id,
        creator_id,
        original_event_id as original_id,
        case
            when gift_event_id is null then 'no_original'
            when gift_viewer_id <> viewer_id or gift_creator_id <> creator_id then 'wrong_owner'
            when reversal_no > 1 then 'twice'
            when coins > gift_coins then 'above_original'
        end as reason,
        case
            when gift_viewer_id = viewer_id and gift_creator_id = creator_id and reversal_no = 1 then gift_coins
            else 0
        end as expected,
        coins as actual,
        'coins' as unit,
        batch_id,
        source_line
    from led_gift_reversal
    union all
    select
        entity,
        'gift' as subject_kind,
        event_id as subject_id,
        accounting_month,
        'reversal' as what,
        viewer_id,
        creator_id,
        original_event_id as original_id,
        'above_original_diamonds' as reason,
        gift_diamonds as expected,
        diamonds as actual,
        'diamonds' as unit,
        batch_id,
        source_line
    from led_gift_reversal
    where gift_viewer_id = viewer_id
        and gift_creator_id = creator_id
        and reversal_no = 1
        and gift_capture is null
        and coins <= gift_coins
        and diamonds > gift_diamonds
    union all
    select
        entity,
        'gift' as subject_kind,
        event_id as subject_id,
        accounting_month,
        'reversal' as what,
        viewer_id,
        creator_id,
        original_event_id as original_id,
        'other_diamonds' as reason,
        case
            when coins = gift_coins then gift_diamonds
            else divide_half_up(cast(gift_diamonds as hugeint) * coins, gift_coins)
        end as expected,
        diamonds as actual,
        'diamonds' as unit,
        batch_id,
        source_line
    from led_gift_reversal
    where gift_viewer_id = viewer_id
        and gift_creator_id = creator_id
        and reversal_no = 1
        and gift_capture is null
        and coins between 1 and gift_coins
        and diamonds <= gift_diamonds
        and abs(cast(diamonds as hugeint) * gift_coins - cast(gift_diamonds as hugeint) * coins) >= case when coins = gift_coins then 1 else gift_coins end
),

-- a subject may have several opening rows, by channel and currency
openings as (
    select distinct subject_kind, subject_id, entity
    from led_opening_balance
)

select
    findings.entity,
    findings.subject_kind,
    findings.subject_id,
    cast(findings.expected as decimal(38, 9)) as expected,
    cast(findings.actual as decimal(38, 9)) as actual,
    cast(findings.actual - findings.expected as decimal(38, 9)) as difference,
    findings.unit,
    findings.reason,
    case findings.reason
        when 'no_original' then 'The ' || findings.what
            || coalesce(
                ' names ' || findings.original_id || ', and no '
                || case when findings.subject_kind = 'gift' then 'gift' when findings.what = 'chargeback reversal' then 'chargeback' else 'purchase' end
                || ' of that id arrived',
                ' names no original'
            )
            || '; ' || counted(findings.actual, 'coin') || ' ' || were(findings.actual) || ' undone.'
        when 'wrong_owner' then 'The ' || findings.what || ' names ' || findings.original_id
            || ', which is of another viewer or creator.'
        when 'twice' then 'Gift ' || findings.original_id || ' was already reversed; ' || counted(findings.actual, 'coin')
            || ' ' || were(findings.actual) || ' given back again.'
        when 'other_currency' then 'The ' || findings.what || ' gives back ' || with_unit(findings.actual, findings.unit) || '; ' || findings.original_id
            || ' was paid in another currency.'
        when 'other_diamonds' then 'For the coins given back of ' || findings.original_id || ', ' || with_unit(findings.expected, findings.unit)
            || ' ' || are(findings.expected) || ' to be taken back; the reversal takes ' || plain(findings.actual) || '.'
        else 'Of ' || findings.original_id || ', ' || with_unit(findings.expected, findings.unit)
            || ' ' || were(findings.expected) || ' left to undo; ' || plain(findings.actual) || ' ' || were(findings.actual) || ' undone.'
    end as detail,
    findings.batch_id,
    findings.source_line
from findings
cross join run
left join openings as viewer_opening
    on viewer_opening.subject_kind = 'viewer'
    and viewer_opening.subject_id = findings.viewer_id
    and viewer_opening.entity = findings.entity
left join openings as creator_opening
    on creator_opening.subject_kind = 'creator'
    and creator_opening.subject_id = findings.creator_id
    and creator_opening.entity = findings.entity
where findings.accounting_month = run.period
    and findings.reason is not null
    and not (
        findings.reason = 'no_original'
        and (viewer_opening.subject_id is not null or creator_opening.subject_id is not null)
    )
order by findings.subject_kind, findings.subject_id, findings.reason
