"""Ending sessions by their ids or users."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from userctl.core.chunks import split_into_chunks
from userctl.core.clock import Clock
from userctl.db.transaction.retry import retry_transactions
from userctl.db.transaction.unit_of_work import Database, UnitOfWork
from userctl.schemas.audit import AuditTag
from userctl.schemas.session import EndedSessions
from userctl.services.sessions.lookup import find_session
from userctl.services.shared.access_tokens import access_tokens_end, latest_time
from userctl.services.shared.session_records import session_id
from userctl.services.users.lookup import lock_user


class SessionEndService:
    """The use cases that end sessions; each is one transaction.

    Args:
        database: where they are kept.
        access_lifetime: how long an access token lasts.
        clock: where the time comes from.
    """

    def __init__(self, database: Database, *, access_lifetime: timedelta, clock: Clock) -> None:
        self._database = database
        self._lifetime = access_lifetime
        self._clock = clock

    @retry_transactions
    def end(self, references: Sequence[str]) -> EndedSessions:
        """End sessions, all of them or, if one is unknown, none; ended ones are accepted.

        Args:
            references: their ids, or the beginnings of their ids.

        Raises:
            InvalidInput: if a reference is not such an id.
            SessionNotFound: naming the first unknown session.
        """
        now = self._clock()
        with self._database.writing() as uow:
            # Locks are always taken in the order of the ids, or two commands could deadlock.
            for user_id in sorted({find_session(uow, text).user_id for text in references}):
                uow.users.lock(user_id)
            results = [self._end(uow, text, now) for text in references]
            uow.commit()
        return EndedSessions(
            sessions_ended=sum(ended for ended, _ in results),
            access_tokens_valid_until=latest_time(until for _, until in results),
        )

    @retry_transactions
    def end_all(self, reference: str) -> EndedSessions:
        """End all sessions of a user.

        Raises:
            UserNotFound: if there is no such user.
        """
        now = self._clock()
        with self._database.writing() as uow:
            user = lock_user(uow, reference)
            assert user.id is not None
            ended = uow.refresh_tokens.revoke_user(user.id, now)
            if ended:
                uow.record(AuditTag.SESSION_END, now, user=user, sessions_ended=ended)
            until = access_tokens_end(uow, now, self._lifetime, user_ids=[user.id])
            uow.commit()
        return EndedSessions(sessions_ended=ended, access_tokens_valid_until=until)

    def access_tokens_end(self, user_ids: Sequence[int]) -> datetime | None:
        """Return when the last access token of some users expires; None if all have expired.

        However their sessions ended, a service that verifies access tokens offline accepts them
        until then.
        """
        now = self._clock()
        with self._database.reading() as uow:
            return latest_time(
                access_tokens_end(uow, now, self._lifetime, user_ids=ids)
                for ids in split_into_chunks(user_ids)
            )

    def _end(self, uow: UnitOfWork, text: str, now: datetime) -> tuple[int, datetime | None]:
        # A refresh in progress may have given the session another current token.
        token = find_session(uow, text)
        ended = uow.refresh_tokens.revoke_family(token, now)
        if ended:
            uow.record(
                AuditTag.SESSION_END,
                now,
                user=uow.users.get(token.user_id),
                session=session_id(token),
                client=token.login_client,
                source=token.login_source,
            )
        if token.family_id is None:
            # Another program issued it, and no access token of ours.
            return ended, None
        return ended, access_tokens_end(uow, now, self._lifetime, family_id=token.family_id)
