-- One row is one kind of coins of one entity, as the revenue bridge tells them apart: by channel and purchase currency.
-- grain: class_no
-- Channel 'promotion' is coins that nobody paid for, 'debt' coins that gifts took and no lot has paid for yet.
with kinds as (
    select entity, channel, currency
    from led_lot
    union
    select
        led_entity.entity,
        'debt' as channel,
        coalesce(run_entities.functional_currency, run.reporting_currency) as currency
    from led_entity
    cross join run
    left join run_entities
        on run_entities.entity = led_entity.entity
    union
    select
        led_entity.entity,
        'promotion' as channel,
        coalesce(run_entities.functional_currency, run.reporting_currency) as currency
    from led_entity
    cross join run
    left join run_entities
        on run_entities.entity = led_entity.entity
)

select
    cast(row_number() over (order by kinds.entity, kinds.channel, kinds.currency) as integer) as class_no,
    kinds.entity,
    kinds.channel,
    kinds.currency,
    coalesce(run_entities.functional_currency, run.reporting_currency) as functional_currency
from kinds
cross join run
left join run_entities
    on run_entities.entity = kinds.entity
