-- One row is one month at whose end a viewer had been inactive for as long as the policy `breakage` names.
-- grain: viewer_no, accounting_month
-- None without the policy (after_months is 0). A viewer is active in a month with a purchase or a gift of their own; the first
-- period counts as active for everyone, because what was before isn't known. With after_months = 2 a viewer last active in
-- October breaks at the end of December. All lots open then lose their value; the coins stay.
with activity as (
    select viewer_id, entity, accounting_month
    from stg_coin_purchases
    cross join run
    where run.breakage_after_months > 0 and kind = 'purchase' and accounting_month <= run.period and purchased_at >= run.first_start
    union
    select viewer_id, entity, accounting_month
    from stg_gift_events
    cross join run
    where run.breakage_after_months > 0 and kind = 'gift' and accounting_month <= run.period and sent_at >= run.first_start
    union
    select viewer_id, entity, run.first_period as accounting_month
    from led_viewer
    cross join run
    where run.breakage_after_months > 0
),

active as (
    select
        viewer_id,
        entity,
        month_number(accounting_month) as month_no,
        lead(month_number(accounting_month)) over (partition by viewer_id, entity order by accounting_month) as next_month_no
    from activity
)

select
    led_viewer.viewer_no,
    run_months.accounting_month,
    run_months.closing_instant as broken_at
from active
cross join run
inner join led_viewer
    on led_viewer.viewer_id = active.viewer_id
    and led_viewer.entity = active.entity
inner join run_months
    on month_number(run_months.accounting_month) = active.month_no + run.breakage_after_months
where active.next_month_no is null or active.next_month_no > active.month_no + run.breakage_after_months
