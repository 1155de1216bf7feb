-- One row is one quarter of one creator or agency in one return of a year: what they were paid, as the form wants it, and what is missing for it.
-- grain: year, form, entity, payee_kind, creator_id, currency, quarter
-- result: year_files
-- order: year, form, entity, creator_id, payee_kind, currency, quarter
-- Of the year of the period and the one before, up to the period's end, so that what came late stands in its own year. form is
-- DAC7 for residents of the European Union, 1099 for those of the United States or with a form W-9, 1042-S with a form of the W-8
-- family, and none for all others; a payee may stand in two. payee_kind is
-- creator or agency, creator_id the id of either. residence is the payee's, else the country of the creator's or agency's terms; both as known at the period's end, since who is paid is mostly told when a return is due. net_amount is what DAC7 calls consideration: gross less fee and tax withheld. missing names what the form asks for and nobody told
-- (payee: no row of payees at all); such a payee is left out of the files and listed. credited_amount is the
-- month's own and nothing unless dac7_basis is credited: then the returns of DAC7 sum it over the year's months, each from its own run.
with asked as (
    select
        led_year_paid.entity,
        led_year_paid.payee_kind,
        led_year_paid.payee_id as creator_id,
        led_year_paid.currency,
        led_year_paid.year,
        led_year_paid.quarter,
        led_year_paid.payouts,
        led_year_paid.gross_amount,
        led_year_paid.withholding_amount,
        led_year_paid.fee_amount,
        led_year_paid.credited_amount
    from led_year_paid
    cross join run
    where led_year_paid.year in (
        substr(run.period, 1, 4), cast(cast(substr(run.period, 1, 4) as integer) - 1 as varchar)
    )
),

placed as (
    select
        asked.entity,
        asked.payee_kind,
        asked.creator_id,
        asked.currency,
        asked.year,
        asked.quarter,
        asked.payouts,
        asked.gross_amount,
        asked.withholding_amount,
        asked.fee_amount,
        asked.credited_amount,
        stg_payees.entity_type,
        coalesce(stg_payees.residence, stg_creators.country, stg_agencies.country) as residence,
        ' ' || stg_payees.given || ' ' as given,
        upper(replace(replace(coalesce(stg_creators.tax_form, stg_agencies.tax_form, ''), '-', ''), ' ', '')) as tax_form
    from asked
    cross join run
    left join stg_payees
        on stg_payees.payee_id = asked.creator_id
        and stg_payees.valid_from < run.period_end
        and stg_payees.valid_until >= run.period_end
    left join stg_creators
        on stg_creators.creator_id = case when asked.payee_kind = 'creator' then asked.creator_id end
        and stg_creators.valid_from < run.period_end
        and stg_creators.valid_until >= run.period_end
    left join stg_agencies
        on stg_agencies.agency_id = case when asked.payee_kind = 'agency' then asked.creator_id end
        and stg_agencies.valid_from < run.period_end
        and stg_agencies.valid_until >= run.period_end
),

forms as (
    select
        form,
        needs_birth,
        needs_tax_id
    from (values ('DAC7', true, true), ('1099', false, true), ('1042-S', false, false), ('none', false, false)) as listed (form, needs_birth, needs_tax_id)
),

formed as (
    select
        placed.entity,
        placed.payee_kind,
        placed.creator_id,
        placed.currency,
        placed.year,
        placed.quarter,
        placed.payouts,
        placed.gross_amount,
        placed.withholding_amount,
        placed.fee_amount,
        placed.credited_amount,
        placed.entity_type,
        placed.residence,
        placed.given,
        forms.form,
        forms.needs_birth,
        forms.needs_tax_id,
        coalesce(placed.residence, '') in (
            'AT', 'BE', 'BG', 'HR', 'CY', 'CZ', 'DK', 'EE', 'FI', 'FR', 'DE', 'GR', 'HU', 'IE', 'IT', 'LV', 'LT', 'LU', 'MT', 'NL', 'PL', 'PT',
            'RO', 'SK', 'SI', 'ES', 'SE'
        ) as is_eu,
        placed.tax_form like 'W9%' or (coalesce(placed.residence, '') = 'US' and placed.tax_form not like 'W8%') as is_us,
        placed.tax_form like 'W8%' as is_foreign
    from placed
    cross join forms
)

select
    run.period,
    run.run_id,
    formed.year,
    formed.form,
    formed.entity,
    formed.creator_id,
    formed.entity_type,
    formed.residence,
    formed.currency,
    formed.quarter,
    formed.payouts,
    formed.gross_amount,
    formed.fee_amount,
    formed.withholding_amount,
    cast(formed.gross_amount - formed.fee_amount - formed.withholding_amount as decimal(38, 6)) as net_amount,
    case
        when formed.form = 'none' then null
        when formed.entity_type is null then 'payee'
        else nullif(trim(
            case when formed.given not like '% legal_name %' then 'legal_name ' else '' end
            || case when formed.given not like '% address %' then 'address ' else '' end
            || case
                when formed.needs_birth and formed.entity_type = 'individual' and formed.given not like '% birth_date %' then 'birth_date '
                else ''
            end
            || case when formed.needs_tax_id and formed.given not like '% tax_ids %' then 'tax_ids ' else '' end
            || case when formed.residence is null then 'residence ' else '' end
        ), '')
    end as missing,
    formed.credited_amount,
    formed.payee_kind
from formed
cross join run
where (formed.form = 'DAC7' and formed.is_eu)
    or (formed.form = '1099' and formed.is_us)
    or (formed.form = '1042-S' and formed.is_foreign)
    or (formed.form = 'none' and not formed.is_eu and not formed.is_us and not formed.is_foreign)
