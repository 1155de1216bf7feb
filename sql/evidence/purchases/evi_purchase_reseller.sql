-- One row is the terms of the purchase's reseller.
-- grain: reseller_id, valid_from
-- subject: purchase
-- heading: The reseller's terms
-- order: valid_from
-- All terms are shown: one who was registered too late is seen by valid_from.
select
    stg_resellers.reseller_id,
    stg_resellers.valid_from,
    case
        when stg_resellers.valid_until < timestamp with time zone '9999-12-31 00:00:00+00:00' then iso_instant(stg_resellers.valid_until)
        else 'open'
    end as in_force_until,
    stg_resellers.name,
    stg_resellers.min_price_per_coin,
    stg_resellers.currency,
    stg_resellers.batch_id,
    stg_resellers.source_line
from stg_resellers
cross join subject
inner join stg_coin_purchases as own
    on own.reseller_id = stg_resellers.reseller_id
where own.purchase_id = subject.subject_id
