-- One row is one refund, chargeback or chargeback reversal beside the purchase that it goes back to.
-- grain: purchase_id
-- A chargeback reversal may name its chargeback or the purchase itself. undone_coins is what refunds and chargebacks have
-- taken back of the purchase up to and with this row, less what chargeback reversals gave again; what came late comes last.
-- undone_gross is the same in money, of rows in the purchase's own currency.
with refunds as (
    select
        refunds.purchase_id,
        refunds.kind,
        refunds.original_purchase_id,
        refunds.viewer_id,
        refunds.entity,
        refunds.coins + refunds.bonus_coins as coins,
        refunds.currency,
        refunds.gross_amount,
        refunds.purchased_at,
        refunds.accounting_month,
        refunds.batch_id,
        refunds.source_line,
        originals.kind as original_kind,
        originals.accounting_month as original_month,
        originals.viewer_id as named_viewer_id,
        originals.coins + originals.bonus_coins as named_coins,
        originals.currency as named_currency,
        originals.gross_amount as named_gross,
        -- what a chargeback names in turn
        case when originals.kind = 'purchase' then originals.purchase_id else originals.original_purchase_id end as bought_id
    from stg_coin_purchases as refunds
    cross join run
    left join stg_coin_purchases as originals
        on originals.purchase_id = refunds.original_purchase_id
    where refunds.kind <> 'purchase' and refunds.accounting_month <= run.period
),

traced as (
    select
        refunds.purchase_id,
        refunds.kind,
        refunds.original_purchase_id,
        refunds.viewer_id,
        refunds.entity,
        refunds.coins,
        refunds.currency,
        refunds.gross_amount,
        refunds.purchased_at,
        refunds.accounting_month,
        refunds.batch_id,
        refunds.source_line,
        refunds.original_kind,
        refunds.original_month,
        coalesce(bought.purchase_id, refunds.original_purchase_id) as bought_id,
        coalesce(bought.viewer_id, refunds.named_viewer_id) as original_viewer_id,
        coalesce(bought.coins + bought.bonus_coins, refunds.named_coins) as original_coins,
        coalesce(bought.currency, refunds.named_currency) as original_currency,
        coalesce(bought.gross_amount, refunds.named_gross) as original_gross
    from refunds
    left join stg_coin_purchases as bought
        on bought.purchase_id = refunds.bought_id
)

select
    purchase_id,
    kind,
    original_purchase_id,
    viewer_id,
    entity,
    coins,
    purchased_at,
    accounting_month,
    batch_id,
    source_line,
    original_kind,
    original_month,
    bought_id,
    original_viewer_id,
    original_coins,
    cast(sum(case when kind = 'chargeback_reversal' then -coins else coins end) over (
        partition by bought_id
        order by accounting_month, purchased_at, case when kind = 'chargeback_reversal' then 1 else 0 end, purchase_id
        rows between unbounded preceding and current row
    ) as bigint) as undone_coins,
    currency,
    gross_amount,
    original_currency,
    original_gross,
    cast(sum(case when currency = original_currency then case when kind = 'chargeback_reversal' then -gross_amount else gross_amount end end) over (
        partition by bought_id
        order by accounting_month, purchased_at, case when kind = 'chargeback_reversal' then 1 else 0 end, purchase_id
        rows between unbounded preceding and current row
    ) as decimal(38, 6)) as undone_gross
from traced
