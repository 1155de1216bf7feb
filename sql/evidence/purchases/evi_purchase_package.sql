-- One row is a package of the price list with the purchase's SKU, in force when it was bought.
-- grain: sku, channel, country, valid_from
-- subject: purchase
-- heading: The package on the price list, and its dates
-- order: channel, country, valid_from
-- The package of the purchase's country and the one for everywhere; of a purchase without a country, every one.
select
    stg_coin_packages.sku,
    stg_coin_packages.channel,
    stg_coin_packages.country,
    stg_coin_packages.valid_from,
    case
        when stg_coin_packages.valid_until < timestamp with time zone '9999-12-31 00:00:00+00:00' then iso_instant(stg_coin_packages.valid_until)
        else 'open'
    end as in_force_until,
    stg_coin_packages.coins,
    stg_coin_packages.bonus_coins,
    stg_coin_packages.currency,
    stg_coin_packages.gross_amount,
    stg_coin_packages.batch_id,
    stg_coin_packages.source_line
from stg_coin_packages
cross join subject
inner join stg_coin_purchases as own
    on own.sku = stg_coin_packages.sku
    and own.channel = stg_coin_packages.channel
    and own.purchased_at >= stg_coin_packages.valid_from
    and (coalesce(stg_coin_packages.country, '') = '' or stg_coin_packages.country = coalesce(own.country, stg_coin_packages.country))
    and own.purchased_at < stg_coin_packages.valid_until
where own.purchase_id = subject.subject_id
