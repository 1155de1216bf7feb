-- One row is a purchase of the period that doesn't agree with its package on the price list, in coins or in price.
-- grain: purchase_id
-- The package is that of the SKU in the purchase's channel and country, in force when it was bought. A purchase that names
-- no country is held against every country's package of its SKU and channel, and the one that agrees best is taken. Both
-- package controls read this model, so that a million purchases are judged once.
with sold as (
    select
        stg_coin_purchases.purchase_id,
        stg_coin_purchases.entity,
        stg_coin_purchases.channel,
        stg_coin_purchases.sku,
        stg_coin_purchases.country,
        stg_coin_purchases.coins + stg_coin_purchases.bonus_coins as coins,
        stg_coin_purchases.currency,
        stg_coin_purchases.gross_amount,
        stg_coin_purchases.purchased_at,
        stg_coin_purchases.batch_id,
        stg_coin_purchases.source_line
    from stg_coin_purchases
    cross join run
    where stg_coin_purchases.accounting_month = run.period
        and stg_coin_purchases.kind = 'purchase'
        and stg_coin_purchases.purchased_at >= run.first_start
),

suspects as (
    select
        sold.purchase_id,
        sold.entity,
        sold.channel,
        sold.sku,
        sold.country,
        sold.coins,
        sold.currency,
        sold.gross_amount,
        sold.purchased_at,
        sold.batch_id,
        sold.source_line,
        packages.coins + packages.bonus_coins as package_coins,
        packages.currency as package_currency,
        packages.gross_amount as package_amount
    from sold
    left join stg_coin_packages as packages
        on packages.sku = sold.sku
        and packages.channel = sold.channel
        and packages.country = sold.country
        and sold.purchased_at >= packages.valid_from
        and sold.purchased_at < packages.valid_until
    where packages.sku is null
        or packages.coins + packages.bonus_coins <> sold.coins
        or packages.gross_amount <> sold.gross_amount
        or packages.currency <> sold.currency
),

candidates as (
    select
        suspects.purchase_id,
        packages.coins + packages.bonus_coins as package_coins,
        packages.currency as package_currency,
        packages.gross_amount as package_amount,
        row_number() over (
            partition by suspects.purchase_id
            order by
                case when packages.currency = suspects.currency then 0 else 1 end,
                case when packages.coins + packages.bonus_coins = suspects.coins then 0 else 1 end,
                case when packages.gross_amount = suspects.gross_amount then 0 else 1 end,
                packages.country
        ) as choice
    from suspects
    inner join stg_coin_packages as packages
        on packages.sku = suspects.sku
        and packages.channel = suspects.channel
        and suspects.purchased_at >= packages.valid_from
        and suspects.purchased_at < packages.valid_until
    where suspects.country is null
),

judged as (
    select
        suspects.purchase_id,
        suspects.entity,
        suspects.channel,
        suspects.sku,
        suspects.country,
        suspects.coins,
        suspects.currency,
        suspects.gross_amount,
        suspects.purchased_at,
        suspects.batch_id,
        suspects.source_line,
        coalesce(suspects.package_coins, candidates.package_coins) as package_coins,
        coalesce(suspects.package_currency, candidates.package_currency) as package_currency,
        coalesce(suspects.package_amount, candidates.package_amount) as package_amount
    from suspects
    left join candidates
        on candidates.purchase_id = suspects.purchase_id
        and candidates.choice = 1
)

select
    purchase_id,
    entity,
    channel,
    sku,
    country,
    coins,
    currency,
    gross_amount,
    purchased_at,
    batch_id,
    source_line,
    package_coins,
    package_currency,
    package_amount
from judged
where package_coins is null
    or package_coins <> coins
    or package_currency <> currency
    or package_amount <> gross_amount
