-- One row per statement that was given to a mail server, or is being given. The
-- address is kept as a hash, so that a person can be erased. A row in state
-- sending whose run is over means that nobody knows whether it arrived: it is
-- not sent again by itself.

create table carat_sent (
    period         text   not null,
    creator_id     text   not null,
    entity         text   not null,
    currency       text   not null,
    rows_sha256    text   not null,
    version        bigint not null,
    address_sha256 text   not null,
    state          text   not null,
    at             bigint not null,
    primary key (period, creator_id, entity, currency, rows_sha256)
);
