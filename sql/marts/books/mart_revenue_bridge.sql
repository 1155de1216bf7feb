-- One row is one line of the revenue bridge of one entity, channel and purchase currency.
-- grain: entity, channel, currency, line
-- materialized: view
-- result: revenue_bridge
-- order: entity, channel, currency, line_rank
-- Lines are positive as they are named; amount is in purchase currency, where the line has one. In functional currency, for
-- every channel and currency:
--   sold_gross - sold_tax - refunded - breakage - liability_change = consumed - restored
--   consumed - restored + marketing = store_fee + creator_share + agency_share + platform_cut
-- platform_cut is the residual. A picture from gross to net is these two sums: sold_gross into sold_tax, refunded, breakage, liability
-- change and what was consumed; that and marketing into store fee, creators, agencies and the platform. sold_store_fee is the fee of
-- what was sold, of which store_fee is the part of the coins consumed. Below the bridge: contra_revenue (money given back beyond
-- the value taken) and contra_store_fee (fees given back beyond the deferred), breakage_store_fee, settled_store_fee (what
-- settlements took beyond the booked fee), provider_fees, dispute_fees and settlement_adjustments (lines of settlements that stand for
-- no order), breakage_ahead and refund_reserve (what is expected of coins beyond what they did), and of channel 'creators' adjustments, clawbacks, revaluation,
-- payout_rounding, agency_clawbacks, agency_adjustments, deferred_debt_gain (what rates added to creators' debts, less what of it was
-- recovered or lost), debt_allowance and payment_fees (providers' fees on payments, and the bank's charges). Channels 'opening' (fed balances that name none), 'promotion' (coins nobody paid for) and 'debt'
-- (gifts not paid for yet) stand beside the real ones. Lines of nothing are left out;
-- functional_amount is null where an exchange rate is missing (control fx_rate names it), never zero.
with cut as (
    select
        entity,
        channel,
        currency,
        functional_currency,
        cast(known_sum(case
            when line in ('consumed', 'marketing') then functional_amount
            when line in ('restored', 'store_fee', 'creator_share', 'agency_share') then -functional_amount
            else 0
        end) as decimal(38, 6)) as functional_amount
    from led_bridge_term
    where line in ('consumed', 'restored', 'marketing', 'store_fee', 'creator_share', 'agency_share')
    group by entity, channel, currency, functional_currency
),

lines as (
    select entity, channel, currency, functional_currency, line, amount, functional_amount
    from led_bridge_term
    union all
    select entity, channel, currency, functional_currency, 'platform_cut', cast(null as decimal(38, 6)), functional_amount
    from cut
)

select
    run.period,
    run.run_id,
    lines.entity,
    lines.functional_currency,
    lines.channel,
    lines.currency,
    cast(case lines.line
        when 'sold_gross' then 1
        when 'sold_tax' then 2
        when 'sold_store_fee' then 3
        when 'refunded' then 4
        when 'breakage' then 5
        when 'liability_change' then 6
        when 'consumed' then 7
        when 'restored' then 8
        when 'marketing' then 9
        when 'store_fee' then 10
        when 'creator_share' then 11
        when 'agency_share' then 12
        when 'platform_cut' then 13
        when 'contra_revenue' then 14
        when 'contra_store_fee' then 15
        when 'breakage_store_fee' then 16
        when 'adjustments' then 17
        when 'revaluation' then 18
        when 'payout_rounding' then 19
        when 'clawbacks' then 20
        when 'settled_store_fee' then 21
        when 'provider_fees' then 22
        when 'dispute_fees' then 23
        when 'settlement_adjustments' then 24
        when 'agency_clawbacks' then 25
        when 'agency_adjustments' then 26
        when 'deferred_debt_gain' then 27
        when 'debt_allowance' then 28
        when 'payment_fees' then 29
        when 'breakage_ahead' then 30
        when 'refund_reserve' then 31
    end as bigint) as line_rank,
    lines.line,
    lines.amount,
    lines.functional_amount
from lines
cross join run
where lines.amount <> 0 or lines.functional_amount <> 0 or lines.functional_amount is null
