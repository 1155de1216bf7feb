-- One row is one amount of the month beside that of the month before or of a year before: a total line, or a part that explains it.
-- grain: comparison, entity, dimension, line, part, currency
-- result: flux
-- order: comparison, entity, dimension, line, part, currency
-- dimension total has the accounts, in the entity's own currency (led_flux_total); only they need a note. channel has the lines of the
-- revenue bridge by channel, country what was sold by the buyer's country, creator what was earned by the 20 creators who changed most: these
-- explain. Without the other month closed comparative_amount is empty, and nothing is compared.
with compared as (
    select distinct comparison, comparative_period
    from led_flux_total
    where comparative_period is not null
),

bridge as (
    select
        'this' as told_of, entity, line, channel, functional_currency as currency,
        cast(known_sum(functional_amount) as decimal(38, 9)) as amount
    from mart_revenue_bridge
    group by entity, line, channel, functional_currency
    union all
    select
        'month' as told_of, entity, line, channel, functional_currency as currency,
        cast(known_sum(functional_amount) as decimal(38, 9)) as amount
    from closed_revenue_bridge
    group by entity, line, channel, functional_currency
    union all
    select
        'year' as told_of, entity, line, channel, functional_currency as currency,
        cast(known_sum(functional_amount) as decimal(38, 9)) as amount
    from year_ago_revenue_bridge
    group by entity, line, channel, functional_currency
),

sold as (
    select
        case when stg_coin_purchases.accounting_month = run.period then 'this' else compared.comparison end as told_of,
        stg_coin_purchases.entity,
        coalesce(stg_coin_purchases.country, '') as country,
        stg_coin_purchases.currency,
        cast(sum(stg_coin_purchases.gross_amount) as decimal(38, 9)) as amount
    from stg_coin_purchases
    cross join run
    left join compared
        on compared.comparative_period = stg_coin_purchases.accounting_month
    where stg_coin_purchases.kind = 'purchase'
        and stg_coin_purchases.purchased_at >= run.first_start
        and (stg_coin_purchases.accounting_month = run.period or compared.comparison is not null)
    group by
        case when stg_coin_purchases.accounting_month = run.period then 'this' else compared.comparison end,
        stg_coin_purchases.entity,
        coalesce(stg_coin_purchases.country, ''),
        stg_coin_purchases.currency
),

earned as (
    select
        'this' as told_of, entity, creator_id, currency,
        cast(accrued_amount + reversed_amount as decimal(38, 9)) as amount
    from led_creator_rollforward
    union all
    select
        'month' as told_of, entity, subject_id as creator_id, currency,
        cast(sum(amount) as decimal(38, 9)) as amount
    from closed_rollforwards
    where identity = 'payable' and subject_kind = 'creator' and line in ('accrued', 'reversed')
    group by entity, subject_id, currency
    union all
    select
        'year' as told_of, entity, subject_id as creator_id, currency,
        cast(sum(amount) as decimal(38, 9)) as amount
    from year_ago_rollforwards
    where identity = 'payable' and subject_kind = 'creator' and line in ('accrued', 'reversed')
    group by entity, subject_id, currency
),

parts as (
    select told_of, entity, 'channel' as dimension, line, channel as part, currency, amount
    from bridge
    union all
    select told_of, entity, 'country' as dimension, 'sold_gross' as line, country as part, currency, amount
    from sold
    union all
    select told_of, entity, 'creator' as dimension, 'earned' as line, creator_id as part, currency, amount
    from earned
    where amount <> 0
),

keys as (
    select distinct
        compared.comparison,
        compared.comparative_period,
        parts.entity,
        parts.dimension,
        parts.line,
        parts.part,
        parts.currency
    from compared
    inner join parts
        on parts.told_of = 'this'
        or parts.told_of = compared.comparison
),

beside as (
    select
        keys.comparison,
        keys.comparative_period,
        keys.entity,
        keys.dimension,
        keys.line,
        keys.part,
        keys.currency,
        cast(case when this.entity is null then 0 else this.amount end as decimal(38, 9)) as amount,
        cast(case when that.entity is null then 0 else that.amount end as decimal(38, 9)) as comparative_amount
    from keys
    left join parts as this
        on this.told_of = 'this'
        and this.entity = keys.entity
        and this.dimension = keys.dimension
        and this.line = keys.line
        and this.part = keys.part
        and this.currency = keys.currency
    left join parts as that
        on that.told_of = keys.comparison
        and that.entity = keys.entity
        and that.dimension = keys.dimension
        and that.line = keys.line
        and that.part = keys.part
        and that.currency = keys.currency
),

ranked as (
    select
        comparison,
        comparative_period,
        entity,
        dimension,
        line,
        part,
        currency,
        amount,
        comparative_amount,
        row_number() over (
            partition by comparison, entity, dimension, line, currency
            order by abs(amount - comparative_amount) desc, part
        ) as place
    from beside
),

lines as (
    select
        comparison,
        comparative_period,
        entity,
        'total' as dimension,
        kind,
        account as line,
        cast('' as varchar) as part,
        functional_currency as currency,
        amount,
        comparative_amount,
        fx_effect,
        is_compared,
        needs_note
    from led_flux_total
    union all
    select
        comparison,
        comparative_period,
        entity,
        dimension,
        'profit_and_loss' as kind,
        line,
        part,
        currency,
        amount,
        comparative_amount,
        cast(null as decimal(38, 9)) as fx_effect,
        amount is not null and comparative_amount is not null as is_compared,
        false as needs_note
    from ranked
    where dimension <> 'creator' or place <= 20
)

select
    run.period,
    run.run_id,
    lines.comparison,
    lines.comparative_period,
    lines.entity,
    lines.dimension,
    lines.kind,
    lines.line,
    lines.part,
    lines.currency,
    lines.amount,
    lines.comparative_amount,
    cast(lines.amount - lines.comparative_amount as decimal(38, 9)) as change,
    lines.fx_effect,
    lines.is_compared,
    lines.needs_note
from lines
cross join run
