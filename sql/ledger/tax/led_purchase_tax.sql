-- One row is one purchase, refund, chargeback or chargeback reversal with the tax rule that applies to its sale, and the tax by that rule.
-- grain: purchase_id
-- materialized: view
-- A rule is that of the sale's country and channel in force at the sale: what is taken back later, after a change of rate too,
-- reverses the tax at the sale's rate. A refund without a tax reverses its part of the sale's, stated or by its rule, cumulatively: what
-- all up to and with it come to, less what those before it came to, so that the parts of a sale wholly undone sum to its tax. Of a sale that
-- nobody knows (older than the opening), the row's own country, channel and time serve. rule_tax is half_up(gross x rate /
-- (1 + rate)) in minor units of the currency, on whole numbers; nothing where the sale is zero-rated or exempt, and nothing where
-- the customer owes the tax (reverse charge), because what they pay then holds none. due_tax is what an empty tax is
-- booked as. is_part says that the row takes back, in its own currency, of a sale that is known: sale_gross, sale_tax and sale_fee (which is null
-- where the sale states none) are the sale's, lesser_gross and greater_gross what was taken back before and with it. rule_from and all of the rule are null where none applies; without rules nothing changes. Read once, by led_purchase_fee.
with named as (
    select
        refunds.purchase_id,
        refunds.gross_amount as own_gross,
        refunds.kind as own_kind,
        refunds.accounting_month as own_month,
        refunds.purchased_at as own_at,
        refunds.original_purchase_id,
        refunds.currency,
        originals.purchased_at,
        originals.country,
        originals.channel,
        originals.gross_amount,
        originals.stated_tax_amount,
        originals.store_fee_amount,
        originals.currency as named_currency,
        -- a chargeback reversal may name its chargeback
        case when originals.kind <> 'purchase' then originals.original_purchase_id end as bought_id
    from stg_coin_purchases as refunds
    cross join run
    inner join stg_coin_purchases as originals
        on originals.purchase_id = refunds.original_purchase_id
    where refunds.kind <> 'purchase' and refunds.accounting_month <= run.period
),

taken_back as (
    select
        named.purchase_id,
        named.own_gross,
        named.own_kind = 'chargeback_reversal' as gives_again,
        -- what is taken back beyond all bounds is refund_reversal's to name
        cast(greatest(least(sum(case when named.own_kind = 'chargeback_reversal' then -named.own_gross else named.own_gross end) over (
            partition by coalesce(bought.purchase_id, named.original_purchase_id)
            order by named.own_month, named.own_at, case when named.own_kind = 'chargeback_reversal' then 1 else 0 end, named.purchase_id
            rows between unbounded preceding and current row
        ), 900000000000), -900000000000) as decimal(18, 6)) as undone_gross,
        named.currency,
        case when bought.purchase_id is null then named.purchased_at else bought.purchased_at end as sold_at,
        case when bought.purchase_id is null then named.country else bought.country end as country,
        case when bought.purchase_id is null then named.channel else bought.channel end as channel,
        case when bought.purchase_id is null then named.gross_amount else bought.gross_amount end as sale_gross,
        case when bought.purchase_id is null then named.stated_tax_amount else bought.stated_tax_amount end as sale_tax,
        case when bought.purchase_id is null then named.store_fee_amount else bought.store_fee_amount end as sale_fee,
        case when bought.purchase_id is null then named.named_currency else bought.currency end as sale_currency
    from named
    left join stg_coin_purchases as bought
        on bought.purchase_id = named.bought_id
),

-- prices are few beside sales, and whole numbers are divided slowly
sold as (
    select gross_amount, currency, country, channel
    from stg_coin_purchases
    cross join run
    where accounting_month <= run.period and exists (select 1 from stg_tax_rules)
    union
    select own_gross, currency, country, channel
    from taken_back
    union
    select sale_gross, currency, country, channel
    from taken_back
),

prices as (
    select
        gross_amount,
        rate,
        minor_digits,
        tax_inside(gross_amount, rate, minor_digits) as rule_tax
    from (
        select distinct
            sold.gross_amount,
            rules.rate,
            coalesce(run_currencies.minor_digits, 2) as minor_digits
        from sold
        inner join stg_tax_rules as rules
            on rules.country = sold.country
            and rules.channel = sold.channel
        left join run_currencies
            on run_currencies.currency = sold.currency
        where rules.treatment = 'taxed' and rules.remitter <> 'customer'
    ) as taxed
),

sales as (
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
        purchases.store_fee_amount,
        purchases.country,
        purchases.purchased_at,
        purchases.counterparty,
        purchases.entity,
        purchases.batch_id,
        purchases.source_line,
        purchases.accounting_month,
        coalesce(run_currencies.minor_digits, 2) as minor_digits,
        coalesce(taken_back.sold_at, purchases.purchased_at) as sold_at,
        coalesce(taken_back.country, purchases.country) as sold_country,
        coalesce(taken_back.channel, purchases.channel) as sold_channel,
        taken_back.sale_gross,
        taken_back.sale_tax,
        taken_back.sale_fee,
        coalesce(taken_back.sale_gross > 0 and taken_back.sale_currency = purchases.currency, false) as is_part,
        -- of what gives again the greater sum is that before it
        cast(case when taken_back.gives_again then taken_back.undone_gross + least(taken_back.own_gross, 90000000000) else taken_back.undone_gross end as decimal(18, 6)) as greater_gross,
        cast(case when taken_back.gives_again then taken_back.undone_gross else greatest(taken_back.undone_gross - taken_back.own_gross, -900000000000) end as decimal(18, 6)) as lesser_gross
    from stg_coin_purchases as purchases
    cross join run
    left join run_currencies
        on run_currencies.currency = purchases.currency
    left join taken_back
        on taken_back.purchase_id = purchases.purchase_id
    where purchases.accounting_month <= run.period
),

ruled as (
    select
        sales.purchase_id,
        sales.kind,
        sales.original_purchase_id,
        sales.viewer_id,
        sales.channel,
        sales.store_transaction_id,
        sales.sku,
        sales.coins,
        sales.bonus_coins,
        sales.currency,
        sales.gross_amount,
        sales.stated_tax_amount,
        sales.store_fee_amount,
        sales.country,
        sales.purchased_at,
        sales.counterparty,
        sales.entity,
        sales.batch_id,
        sales.source_line,
        sales.accounting_month,
        sales.minor_digits,
        sales.sale_gross,
        case
            when sales.sale_tax is not null then sales.sale_tax
            when rules.treatment = 'taxed' and rules.remitter <> 'customer' then sale_prices.rule_tax
            when rules.valid_from is not null then cast(0 as decimal(18, 6))
        end as sale_tax,
        sales.sale_fee,
        sales.is_part,
        sales.greater_gross,
        sales.lesser_gross,
        rules.valid_from as rule_from,
        rules.rate,
        rules.treatment,
        rules.remitter,
        rules.fee_base,
        rules.fee_returned,
        case when rules.treatment = 'taxed' and rules.remitter <> 'customer' then prices.rule_tax else cast(0 as decimal(18, 6)) end as rule_tax
    from sales
    left join stg_tax_rules as rules
        on rules.country = sales.sold_country
        and rules.channel = sales.sold_channel
        and rules.valid_from <= sales.sold_at
        and rules.valid_until > sales.sold_at
    left join prices
        on prices.gross_amount = sales.gross_amount
        and prices.rate = rules.rate
        and prices.minor_digits = sales.minor_digits
    left join prices as sale_prices
        on sale_prices.gross_amount = sales.sale_gross
        and sale_prices.rate = rules.rate
        and sale_prices.minor_digits = sales.minor_digits
)

select
    purchase_id,
    kind,
    original_purchase_id,
    viewer_id,
    channel,
    store_transaction_id,
    sku,
    coins,
    bonus_coins,
    currency,
    gross_amount,
    stated_tax_amount,
    store_fee_amount,
    country,
    purchased_at,
    counterparty,
    entity,
    batch_id,
    source_line,
    accounting_month,
    minor_digits,
    rule_from,
    rate,
    treatment,
    remitter,
    fee_base,
    fee_returned,
    case when rule_from is not null then rule_tax end as rule_tax,
    case
        when rule_from is null then null
        when sale_gross is null or sale_tax is null or sale_gross = 0 then rule_tax
        when lesser_gross < 0 then part_inside(gross_amount, sale_tax, sale_gross, minor_digits)
        else part_inside(greater_gross, sale_tax, sale_gross, minor_digits) - part_inside(lesser_gross, sale_tax, sale_gross, minor_digits)
    end as due_tax,
    is_part,
    sale_gross,
    coalesce(sale_tax, 0) as sale_tax,
    sale_fee,
    greater_gross,
    lesser_gross
from ruled
