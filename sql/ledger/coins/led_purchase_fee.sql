-- One row is one purchase of coins, refund, chargeback or chargeback reversal with tax and store's fee as carat books them.
-- grain: purchase_id
-- What the row states wins. An empty tax is that of its rule (led_purchase_tax), none where no rule applies. An empty fee is base x
-- store_fee_rate of the channel, half up in minor units of the currency (two digits where carat doesn't know the currency), and zero
-- in a channel without a rate; the base is the gross, or what is left without tax where the rule says so. Of a refund it is
-- the fee given back: where a rule applies none unless it says that the store returns it, and none of a chargeback; else its part of the sale's fee,
-- cumulatively as its tax (led_purchase_tax), so that a sale that is taken back in parts gives back its fee and no cent more. Who owes
-- the tax to the authority is the rule's to say; without one stores do for what they sell, and we for the rest. Lots, refund money, matching, taxes and
-- receivables all read it here, of all months up to the run's: told once, in a table, because eight models do. Positive, as the row's amounts are. rule_from is null where no
-- tax rule applies.
with taxed as (
    select
        purchases.purchase_id,
        purchases.kind,
        purchases.original_purchase_id,
        purchases.viewer_id,
        purchases.channel,
        purchases.store_transaction_id,
        purchases.sku,
        purchases.coins,
        purchases.bonus_coins,
        purchases.currency,
        purchases.gross_amount,
        purchases.stated_tax_amount,
        coalesce(purchases.stated_tax_amount, purchases.due_tax, 0) as tax_amount,
        purchases.store_fee_amount,
        purchases.country,
        purchases.purchased_at,
        purchases.counterparty,
        purchases.entity,
        purchases.batch_id,
        purchases.source_line,
        purchases.accounting_month,
        purchases.minor_digits,
        coalesce(
            purchases.remitter, case when purchases.channel in ('apple', 'google') then 'store' else 'us' end
        ) as remitter,
        purchases.treatment,
        purchases.rate as tax_rate,
        purchases.fee_base,
        purchases.rule_from is null
        or purchases.kind = 'purchase'
        or (purchases.kind = 'refund' and purchases.fee_returned) as has_fee,
        purchases.rule_from,
        purchases.rule_tax,
        purchases.due_tax,
        purchases.is_part,
        purchases.sale_gross,
        purchases.lesser_gross,
        purchases.greater_gross,
        case
            when not purchases.is_part then cast(null as decimal(18, 6))
            when purchases.sale_fee is not null then purchases.sale_fee
            else cast(half_up_minor(
                cast(case when purchases.fee_base = 'net' then purchases.sale_gross - purchases.sale_tax else purchases.sale_gross end as decimal(38, 6))
                * coalesce(run_channels.store_fee_rate, 0),
                purchases.minor_digits
            ) as decimal(18, 6))
        end as sale_fee
    from led_purchase_tax as purchases
    left join run_channels
        on run_channels.channel = purchases.channel
)

select
    taxed.purchase_id,
    taxed.kind,
    taxed.original_purchase_id,
    taxed.viewer_id,
    taxed.channel,
    taxed.store_transaction_id,
    taxed.sku,
    taxed.coins,
    taxed.bonus_coins,
    taxed.currency,
    taxed.gross_amount,
    taxed.tax_amount,
    case when taxed.remitter = 'us' then taxed.tax_amount else cast(0 as decimal(18, 6)) end as own_tax_amount,
    taxed.store_fee_amount,
    case
        when taxed.store_fee_amount is not null then taxed.store_fee_amount
        when not taxed.has_fee then cast(0 as decimal(18, 6))
        when taxed.is_part and taxed.lesser_gross < 0 then part_inside(taxed.gross_amount, taxed.sale_fee, taxed.sale_gross, taxed.minor_digits)
        when taxed.is_part then cast(
            part_inside(taxed.greater_gross, taxed.sale_fee, taxed.sale_gross, taxed.minor_digits)
            - part_inside(taxed.lesser_gross, taxed.sale_fee, taxed.sale_gross, taxed.minor_digits) as decimal(18, 6))
        else cast(half_up_minor(
            cast(case when taxed.fee_base = 'net' then taxed.gross_amount - taxed.tax_amount else taxed.gross_amount end as decimal(38, 6))
            * coalesce(run_channels.store_fee_rate, 0),
            taxed.minor_digits
        ) as decimal(18, 6))
    end as booked_fee,
    taxed.country,
    taxed.purchased_at,
    taxed.counterparty,
    taxed.entity,
    taxed.batch_id,
    taxed.source_line,
    taxed.accounting_month,
    taxed.remitter,
    taxed.treatment,
    taxed.tax_rate,
    taxed.stated_tax_amount,
    taxed.rule_from,
    taxed.rule_tax,
    taxed.due_tax
from taxed
left join run_channels
    on run_channels.channel = taxed.channel
