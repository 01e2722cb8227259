"""The table, written by hand: what each service leaves when it is called, and what a second call does."""

from __future__ import annotations

from tests.services.playing import Row, row

# By story, in the order in which it calls them.
TABLE: dict[str, dict[str, Row]] = {
    "stories_cases.a_cycle_up_to_publication": {
        "attestation.cases.cycles.open_cycle": row("open_cycle: cycle, hr", again="cycle_exists"),
        "attestation.cases.cycles.list_attestee": row(
            "list: case, hr", "notice listed", again="listed_already"
        ),
        "attestation.cases.cycles.list_attestees": row(
            "list: case, hr", "list: case, hr", "notice listed", again="listed_already"
        ),
        "attestation.intake.engine.confirm (courses)": row(
            "save_courses: cycle, hr", "import_confirmed: import, hr"
        ),
        "attestation.cases.cycles.admit_cycle": row("admit: case, hr", "admit: case, hr", "admit: case, hr"),
        "attestation.cases.cycles.admit_cycle (without course hours)": row(
            "refuse_admission: case, hr", "notice admission_refused"
        ),
        "attestation.cases.cycles.close_attestation": row("close: case, hr", again="wrong_status"),
        "attestation.cases.results.record_result": row("record_result: case, hr"),
        "attestation.cases.results.record_results": row("record_result: case, hr", "record_result: case, hr"),
        "attestation.cases.results.publish_results": row(
            "publish: case, hr", "publish: case, hr", "publish: case, hr", "notice result_published"
        ),
        "attestation.cases.result_changes.correct_result": row(
            "rescind: case, hr",
            "deadline_void: term of a case, system",
            "deadline_void: term of a case, system",
            "notice result_published",
        ),
        "attestation.cases.result_changes.amend_result": row("rescind: case, hr", "notice result_amended"),
    },
    "stories_cases.files_are_undone": {
        "attestation.cases.undone_imports.unlist": row("close: case, hr", again="wrong_status"),
        "attestation.cases.undone_imports.take_back_results": row(
            "record_result: case, hr", "undo_result: case, hr", again="result_stands"
        ),
        "attestation.cases.undone_imports.take_back_results (after the stage)": row(
            "undo_result_after_stage: case, hr", again="wrong_status"
        ),
    },
    "stories_cases.a_stage_ends": {
        "attestation.cases.testing_stage.end_stage_of": row("pin: case, system"),
        "attestation.cases.testing_stage.end_testing_stages": row(
            "pin: case, system", "mark_absent: case, system", "testing_stage_ended: cycle, system"
        ),
        "attestation.cases.absences.record_absence": row("record_absence: case, hr"),
        "attestation.cases.decisions.form_due": row("decide: case, system", "notice decision_provisional"),
        "attestation.cases.testing_stage.close_deadlines": row(
            "deadline_met: term of a case, system", "deadline_met: term of a case, system"
        ),
        "attestation.cases.finality.finalise_due": row("finalise: case, system", "notice decision_final"),
    },
    "stories_cases.a_specialist_is_assessed": {
        "scoring.services.records.record_read_through": row("read_through: ratings, hr"),
        "scoring.services.assessing.score_due (held)": row(
            "assess: case, system", "hold: case, system", "notice held"
        ),
        "scoring.services.rulings.rule_rating": row(
            "rule_rating: case, chair",
            "assess: case, chair",
            "score: case, chair",
            "deadline_met: term of a case, system",
            "decide: case, chair",
            "notice decision_provisional",
            again="ruled_already",
        ),
        "attestation.intake.engine.confirm (ratings)": row(
            "assess: case, hr",
            "rescind: case, hr",
            "score: case, hr",
            "decide: case, hr",
            "import_confirmed: import, hr",
            "notice decision_provisional",
        ),
        "attestation.intake.engine.confirm (violations)": row(
            "assess: case, hr",
            "rescind: case, hr",
            "score: case, hr",
            "decide: case, hr",
            "import_confirmed: import, hr",
            "notice decision_provisional",
        ),
        "attestation.intake.undo.undo (violations)": row(
            "void_record: violation, hr",
            "assess: case, hr",
            "rescind: case, hr",
            "score: case, hr",
            "decide: case, hr",
            "import_undone: import, hr",
            "notice decision_provisional",
        ),
        "scoring.services.assessing.score (nothing new)": row(),
        "attestation.cases.finality.finalise": row(
            "finalise: case, chair",
            "terms_changed: case, chair",
            "notice decision_final",
            again="waits_for_status",
        ),
    },
    "stories_cases.a_specialist_is_scored_by_a_person": {
        "attestation.cases.decisions.hold": row("hold: case, system", "notice held"),
        "scoring.services.assessing.score": row(
            "assess: case, hr",
            "score: case, hr",
            "deadline_met: term of a case, system",
            "decide: case, hr",
            "notice decision_provisional",
        ),
        "scoring.services.assessing.score_due": row(
            "assess: case, system",
            "score: case, system",
            "deadline_met: term of a case, system",
            "decide: case, system",
            "notice decision_provisional",
        ),
        "attestation.cases.decisions.rescind_decision": row("rescind: case, administrator"),
    },
    "stories_cases.a_decision_by_hand": {
        "attestation.cases.decisions.form_decision": row(
            "decide: case, administrator", "notice decision_provisional"
        ),
        "attestation.cases.finality.appeal_closed": row("appeal_closed: case, administrator"),
        "attestation.deadlines.ledger.close_deadline": row("deadline_met: term of a case, administrator"),
        "attestation.deadlines.ledger.close_deadline (missed)": row(
            "deadline_missed: term of a case, system"
        ),
        "attestation.cases.testing_stage.close_over": row("deadline_missed: term of a case, system"),
    },
    "stories_cases.a_final_decision_and_what_follows": {
        "attestation.cases.finality.finalise (lowers)": row(
            "finalise: case, administrator",
            "terms_changed: case, administrator",
            "notice decision_final",
            again="waits_for_status",
        ),
        "attestation.cases.finality.reopen": row(
            "deadline_void: term of a case, system",
            "deadline_void: term of a case, system",
            "consequences_suspended: case, secretary",
            "reopen: case, secretary",
            "notice decision_reopened",
            again="not_final",
        ),
        "attestation.cases.annulment.annul_decision": row(
            "annul: case, administrator",
            "deadline_void: term of a case, administrator",
            "deadline_void: term of a case, administrator",
            "consequences_ended: case, administrator",
            "notices_superseded: case, administrator",
            "notice decision_annulled",
            again="annulled_already",
        ),
    },
    "stories_cases.a_position_changes": {
        "attestation.cases.standing.settle_positions": row(
            "duty_settled: case, system", "terms_changed: case, system", "category_settled: case, system"
        ),
        "attestation.cases.standing.settle_positions (gone)": row(
            "deadline_void: term of a case, system", "duty_settled: case, system"
        ),
    },
    "stories_cases.a_result_is_corrected_by_two": {
        "attestation.cases.corrections.propose_correction": row(
            "propose_correction: case, hr", "notice correction_proposed", again="correction_waits"
        ),
        "attestation.cases.corrections.withdraw_correction": row(
            "withdraw_correction: case, hr", again="no_correction"
        ),
        "attestation.cases.corrections.confirm_correction": row(
            "confirm_correction: case, chair",
            "deadline_void: term of a case, system",
            "consequences_suspended: case, chair",
            "reopen: case, chair",
            "rescind: case, chair",
            "notice decision_reopened",
            "notice result_corrected",
            again="no_correction",
        ),
    },
    "stories_cases.a_correction_is_asked_for": {
        "attestation.cases.correction_requests.record_correction_request": row(
            "record_correction_request: case, hr", "notice correction_asked", again="request_waits"
        ),
        "attestation.cases.correction_requests.answer_correction_request": row(
            "answer_correction_request: case, chair", "notice correction_answered", again="no_request"
        ),
    },
    "stories_cases.a_record_is_voided": {
        "scoring.services.voiding.void_record": row(
            "void_record: violation, hr",
            "assess: case, hr",
            "rescind: case, hr",
            "score: case, hr",
            "decide: case, hr",
            "notice decision_provisional",
            again="voided_already",
        ),
        "scoring.services.voiding.void_record (after the final decision)": row(
            "propose_correction: case, hr", "notice correction_proposed", again="correction_waits"
        ),
        "attestation.cases.corrections.confirm_correction (of a record)": row(
            "confirm_correction: case, chair",
            "deadline_void: term of a case, system",
            "consequences_suspended: case, chair",
            "reopen: case, chair",
            "void_record: rating of a case, chair",
            "assess: case, chair",
            "rescind: case, chair",
            "score: case, chair",
            "decide: case, chair",
            "notice decision_provisional",
            "notice decision_reopened",
            again="no_correction",
        ),
    },
    "stories_cases.a_dismissal_and_its_repeat": {
        "attestation.cases.results.publish_results (repeat)": row(
            "publish: case, hr",
            "reattestation_met: case, hr",
            "deadline_met: term of a case, hr",
            "notice result_published",
        ),
        "attestation.cases.consequences.close_consequence": row(
            "close_consequence: case, hr", again="nothing_to_close"
        ),
        "attestation.cases.fallen_grounds.settle_grounds": row("settle_ground: case, system"),
        "attestation.cases.annulment.annul_decision (a ground)": row(
            "annul: case, administrator",
            "consequences_ended: case, administrator",
            "ground_fell: case, system",
            "notices_superseded: case, administrator",
            "notice decision_annulled",
            "notice ground_fell",
            again="annulled_already",
        ),
        "attestation.cases.fallen_grounds.settle_ground": row(
            "settle_ground: case, chair",
            "consequences_suspended: case, chair",
            "reopen: case, chair",
            "rescind: case, chair",
            "notice decision_reopened",
            again="no_ground_fell",
        ),
    },
    "stories_cases.a_case_closed_with_its_result": {
        "attestation.cases.past_careers.review_past_careers": row("review_past: case, system"),
    },
    "stories_cases.a_stage_is_moved": {
        "attestation.cases.stage_moves.move_stage": row("move_stage: cycle, hr", again="stage_unmoved"),
    },
    "stories_commission.appeals_are_filed": {
        "appeals.services.staged_papers.stage": row(),
        "appeals.services.attachments.remove_unsettled": row(),
        "appeals.services.filing_here.file_here": row("appeal_opened: case, hr", "file_appeal: case, hr"),
        "appeals.services.filing.file_appeal": row(
            "appeal_opened: case, hr", "file_appeal: case, hr", again="question_taken"
        ),
        "appeals.services.filing.file_appeal (late)": row("late_appeal: case, hr", again="appeal_on_record"),
        "appeals.services.withdrawal.withdraw_item": row(
            "withdraw_item: case, hr", "notice question_withdrawn", again="withdrawn_already"
        ),
        "appeals.services.withdrawal.withdraw": row(
            "withdraw_item: case, hr",
            "withdraw_appeal: case, hr",
            "deadline_void: term of a case, hr",
            "appeal_closed: case, hr",
            "notice appeal_withdrawn",
            "notice question_withdrawn",
            again="wrong_state",
        ),
    },
    "stories_commission.an_appeal_after_the_final_decision": {
        "appeals.services.filing.file_appeal (reopens)": row(
            "consequences_suspended: case, hr",
            "reopen: case, hr",
            "appeal_opened: case, hr",
            "file_appeal: case, hr",
            "notice decision_reopened",
            again="question_taken",
        ),
        # Each call is one more appeal: `file_appeal` knows an appeal again by its number and its questions.
        "attestation.cases.finality.appeal_opened": row(
            "appeal_opened: case, hr",
            again="changed: attestation.Attestation, attestation.JournalHead, attestation.JournalEntry",
            leaves_again=("appeal_opened: case, hr",),
        ),
    },
    "stories_commission.a_question_is_ruled_on": {
        "appeals.services.ruling.rule_item (not the last one)": row(
            "rule_appeal: case, chair", again="ruled_already"
        ),
        "appeals.services.ruling.rule_item": row(
            "rule_appeal: case, chair",
            "resolve_appeal: case, chair",
            "rescind: case, chair",
            "deadline_met: term of a case, chair",
            "appeal_closed: case, chair",
            "notice appeal_resolved",
            "notice result_amended",
            again="ruled_already",
        ),
    },
    "stories_commission.a_sitting": {
        "appeals.services.sittings.plan_sitting": row("plan_sitting: sitting, secretary"),
        "appeals.services.sittings.move_sitting": row("move_sitting: sitting, secretary"),
        "appeals.services.sittings.put_on_agenda": row(
            "put_on_agenda: sitting, secretary", again="on_an_agenda"
        ),
        "appeals.services.sittings.open_sitting": row(
            "open_sitting: sitting, secretary", again="wrong_state"
        ),
        "appeals.services.sittings.mark_attendance": row("mark_attendance: sitting, secretary"),
        "appeals.services.voting.vote": row("vote: sitting, chair"),
        "appeals.services.counting.count_item": row(
            "count_item: sitting, secretary", again="counted_already"
        ),
        "appeals.services.counting.reopen_item": row("reopen_item: sitting, chair", again="not_counted"),
        "appeals.services.counting.seal_item": row(
            "rule_in_sitting: sitting, secretary", again="item_closed"
        ),
        "appeals.services.voting.record_dissent": row(
            "record_dissent: sitting, member", again="dissent_recorded"
        ),
        "appeals.services.counting.count_item (without votes)": row(
            "count_item: sitting, secretary", "no_ruling: sitting, secretary", again="item_closed"
        ),
        "appeals.services.sittings.close_sitting": row(
            "rule_appeal: case, chair",
            "no_ruling: sitting, chair",
            "close_sitting: sitting, chair",
            again="sitting_closed",
        ),
    },
    "stories_commission.a_row_that_is_held_no_more": {
        "appeals.services.sittings.plan_sitting (with what waits)": row(
            "plan_sitting: sitting, secretary", "put_on_agenda: sitting, secretary"
        ),
        "appeals.services.counting.count_item (row 2 is held no more)": row(
            "leave_agenda: sitting, system", again="item_closed"
        ),
    },
    "stories_commission.somebody_is_recused": {
        "appeals.services.commission.appoint": row("appoint: account, administrator", again="seated_already"),
        "appeals.services.recusals.recuse": row(
            "recuse: case, chair",
            "pass_to_central: sitting, system",
            "passed_to_central: case, system",
            again="nothing_to_recuse_from",
        ),
        "appeals.services.commission.release": row(
            "release: account, administrator", again="released_already"
        ),
    },
    "stories_commission.nobody_is_left_to_rule": {
        "appeals.services.recusals.pass_on_due": row("passed_to_central: case, system"),
    },
    "stories_commission.a_question_is_faulty": {
        "appeals.services.faulty.mark_faulty": row(
            "rescind: case, chair", "mark_faulty: case, chair", "notice result_amended"
        ),
        "attestation.cases.result_changes.amend_by_ruling": row(
            "rescind: case, chair", "notice result_amended"
        ),
    },
    "stories_commission.rulings_that_differ": {
        "appeals.services.ruling.rule_item (differs)": row(
            "rule_appeal: case, chair",
            "resolve_appeal: case, chair",
            "rescind: case, chair",
            "deadline_met: term of a case, chair",
            "appeal_closed: case, chair",
            "rulings_differ: cycle, system",
            "notice appeal_resolved",
            "notice result_amended",
            "notice rulings_differ",
            again="ruled_already",
        ),
        "appeals.services.differing.leave_as_ruled": row(
            "settle_differing: cycle, chair", again="settled_already"
        ),
    },
    "stories_deadlines.a_year_of_the_calendar": {
        "attestation.deadlines.calendar.confirm_calendar": row("confirm_calendar: year, administrator"),
        "attestation.deadlines.calendar.load_year": row("calendar_loaded: year, administrator"),
        "attestation.deadlines.calendar.save_calendar_days": row(
            "calendar_changed: year, administrator",
            "term_moved: term of a case, administrator",
            "term_moved: term of a case, administrator",
            "notice term_moved",
        ),
        "attestation.deadlines.calendar.save_calendar_days (a day taken back)": row(
            "calendar_changed: year, administrator",
            "term_shortening_proposed: term of a case, administrator",
            "notice term_shortening",
            again="day_not_on_record",
        ),
        "attestation.deadlines.changes.accept_change": row(
            "term_moved: term of a case, administrator",
            "term_moved: term of a case, administrator",
            "notice term_moved",
            again="decided_already",
        ),
    },
    "stories_deadlines.a_shorter_deadline_is_declined": {
        "attestation.deadlines.changes.decline_change": row(
            "term_shortening_declined: term of a case, administrator", again="decided_already"
        ),
    },
    "stories_deadlines.an_outage": {
        "attestation.deadlines.outages.record_outage": row(
            "record_outage: outage, administrator", again="outage_overlaps"
        ),
        "attestation.deadlines.outages.end_outage": row(
            "end_outage: outage, administrator", again="outage_ended_already"
        ),
        "attestation.deadlines.outages.settle_outage": row(
            "term_moved: term of a case, administrator",
            "term_moved: term of a case, administrator",
            "settle_outage: outage, administrator",
            "notice term_moved",
            again="outage_settled",
        ),
    },
    "stories_deadlines.an_outage_found_later": {
        "attestation.deadlines.outages.settle_outage (a term that is over)": row(
            "term_reopened: term of a case, administrator",
            "settle_outage: outage, administrator",
            "notice term_reopened",
            again="outage_settled",
        ),
    },
    "stories_deadlines.held_by_a_brake": {
        "attestation.cases.testing_stage.close_deadlines (held)": row(
            "effect_held: case, system", "effect_held: case, system"
        ),
        "attestation.cases.finality.finalise_due (held)": row("effect_held: case, system"),
        "attestation.deadlines.holding.settle": row("effect_void: case, system"),
        "attestation.cases.confirmations.confirm_ready": row(
            "effect_confirmed: case, administrator",
            "deadline_met: term of a case, administrator",
            "finalise: case, administrator",
            "effect_confirmed: case, administrator",
            "terms_changed: case, administrator",
            "notice decision_final",
        ),
    },
    "stories_deadlines.let_go_by_itself": {
        "attestation.cases.confirmations.review_ready": row("effect_lifted: case, system"),
    },
    "stories_deadlines.a_category_ends": {
        "attestation.deadlines.ledger.open_category_deadline": row(),
        "attestation.cases.testing_stage.watch_periods": row(),
    },
    "stories_deadlines.the_zone_changes": {
        "attestation.deadlines.instants.realign": row(
            "instant_realigned: term of a case, administrator", "instant_realigned: cycle, administrator"
        ),
    },
    "stories_deadlines.work_that_fails": {
        # Each failure is counted, and told once.
        "attestation.work.needs_attention": row(
            "needs_attention: form_decision of a case, system", again="changed: attestation.WorkFailure"
        ),
        "attestation.work.retry_work": row("retry_work: case, administrator"),
        # Each failure is counted.
        "attestation.work.note_failure": row(again="changed: attestation.WorkFailure"),
        "attestation.work.note_once": row("needs_attention: sweep, system"),
    },
    "stories_rest.letters": {
        "attestation.notices.outbox.queue": row("notice listed"),
        "attestation.notices.outbox.queue_to_users": row("notice term_shortening"),
        "attestation.notices.delivery.deliver": row(),
        "attestation.notices.delivery.deliver (mail server away)": row(again="once"),
        "attestation.notices.delivery.deliver (mail server back)": row(again="once"),
        "attestation.notices.send_now.send_now": row("send_now: notice, administrator"),
        "attestation.notices.inbox.mark_read": row(),
        "attestation.notices.serve_letters.record_came_back": row(
            "letter_came_back: notice of a case, hr", again="not_sent"
        ),
        "attestation.notices.serve_letters.record_told": row(
            "told_by_hand: notice of a case, hr", again="nothing_to_tell"
        ),
        "attestation.cases.proof_of_service.prove_service": row("prove_service: case, hr"),
        "attestation.notices.reminders.queue_reminders": row("notice reminder_appeal"),
        "attestation.notices.outbox.supersede": row(),
    },
    "stories_rest.an_address_of_a_calendar": {
        # The secret is told once: who asks again gets a new one, and the former stops working.
        "attestation.deadlines.feeds.make_feed": row(
            "revoke_feed: calendarfeed, hr",
            "make_feed: calendarfeed, hr",
            again="changed: attestation.JournalHead, attestation.JournalEntry, attestation.CalendarFeed",
            leaves_again=(
                "revoke_feed: calendarfeed, hr",
                "make_feed: calendarfeed, hr",
            ),
        ),
        "attestation.deadlines.feeds.reader_of": row(),
        "attestation.deadlines.feeds.revoke_feed": row("revoke_feed: calendarfeed, hr"),
    },
    "stories_rest.files": {
        # Each upload is looked at afresh; nothing is written but what it would do.
        "attestation.intake.engine.preview": row(
            again="changed: attestation.ImportJob, attestation.ImportRow"
        ),
        "attestation.intake.engine.confirm": row("import_confirmed: import, administrator"),
        "attestation.intake.engine.confirm (centres)": row("import_confirmed: import, administrator"),
        # The file is read once more each time.
        "attestation.intake.uploads.answer": row(again="changed: attestation.ImportRow"),
        "attestation.intake.uploads.import_as_meant": row(again="expired"),
        "attestation.intake.engine.preview (somebody else's people)": row(
            "foreign_people_met: import, hr",
            again="changed: attestation.ImportJob, attestation.ImportRow, attestation.JournalHead, "
            "attestation.JournalEntry",
            leaves_again=("foreign_people_met: import, hr",),
        ),
        "attestation.intake.uploads.upload": row(
            again="changed: attestation.ImportJob, attestation.ImportWork, attestation.ImportFile"
        ),
        "attestation.intake.background.cancel": row("import_cancelled: import, administrator"),
        "attestation.intake.background.run_due": row(),
        "attestation.intake.background.confirm": row(),
        "attestation.intake.background.run_due (imports)": row("import_confirmed: import, administrator"),
        "attestation.intake.undo.undo": row("import_undone: import, administrator", "notice import_undone"),
        "attestation.intake.undo.undo (centres)": row("import_undone: import, administrator"),
        "attestation.intake.expiry.forget_rows": row(),
        "attestation.intake.engine.preview (a file that can't be read)": row(
            "import_refused: nothing, administrator", again="once"
        ),
    },
    "stories_rest.a_former_category": {
        "attestation.cases.former_categories.record_former_category": row(
            "record_former_category: employee, hr", again="category_beside"
        ),
    },
    "stories_rest.a_new_account": {
        "office.management.commands.create_officer.create_account": row(
            "create_account: account, system",
            "appoint: account, system",
            "notice officer_created",
            again="user_exists",
        ),
    },
    "stories_rest.an_account_and_its_owner": {
        "attestation.accounts.credentials.send_link": row(
            "send_password_link: user, administrator", "notice password_link", again="link_on_its_way"
        ),
        "attestation.accounts.credentials.set_own_password": row(
            "set_own_password: user, hr", again="changed_meanwhile"
        ),
        "attestation.accounts.credentials.change_own_address": row(
            "change_address: user, hr", "notice address_changed", again="same_address"
        ),
        "attestation.accounts.credentials.set_address": row(
            "change_address: user, administrator", "notice address_changed", again="same_address"
        ),
    },
    "stories_login.a_login": {
        "attestation.accounts.tries.log_in_fits (a wrong password)": row(
            "login_failed: user, system", again="changed: attestation.LoginTries"
        ),
        "attestation.accounts.tries.log_in_fits": row(),
        "attestation.accounts.tries.log_in_fits (locked)": row(
            "locked_out: user, system", "login_failed: user, system", again="once"
        ),
        "attestation.accounts.tries.unlock": row("unlock: user, administrator", again="not_locked"),
        "attestation.accounts.sessions.log_in": row("login: user, hr", again="once"),
        "attestation.accounts.sessions.end_others": row("end_sessions: user, hr", again="once"),
        "attestation.accounts.sessions.log_out": row("logout: user, hr", again="once"),
        "attestation.accounts.sessions.end_sessions": row("end_sessions: user, administrator", again="once"),
        "attestation.accounts.tries.forget_tries": row(),
    },
    "stories_login.a_second_factor": {
        "attestation.accounts.second_factor.enrol": row("enrol_second_factor: user, hr", again="wrong_code"),
        "attestation.accounts.second_factor.forget_second_factor": row(
            "forget_second_factor: user, administrator",
            "notice second_factor_forgotten",
            again="no_second_factor",
        ),
    },
    "stories_rest.rights_of_an_account": {
        "attestation.accounts.requests.ask_for": row(
            "ask_account_request: accountrequest, administrator",
            "notice account_asked",
            again="request_waits",
        ),
        "attestation.accounts.requests.stop_request": row(
            "stop_account_request: accountrequest, administrator",
            "notice account_settled",
            again="settled_already",
        ),
        "attestation.accounts.requests.confirm_request": row(
            "confirm_account_request: accountrequest, administrator",
            "notice account_settled",
            again="settled_already",
        ),
        "attestation.accounts.requests.take_rights": row(
            "take_rights: user, administrator", "notice account_rights_taken", again="nothing_to_take"
        ),
        "attestation.accounts.requests.confirm_request (a seat)": row(
            "appoint: account, administrator",
            "confirm_account_request: accountrequest, administrator",
            "notice account_settled",
            again="settled_already",
        ),
        "attestation.accounts.requests.settle_due_requests (a week old)": row(
            "expire_account_request: accountrequest, system", "notice account_settled"
        ),
        "attestation.accounts.requests.settle_due_requests": row(
            "done_account_request: accountrequest, system", "notice account_settled"
        ),
    },
    "stories_rest.the_sweep": {
        # Only the record of the run: which moment, how long.
        "office.sweep.sweep.run": row(
            "pin: case, system",
            "testing_stage_ended: cycle, system",
            "decide: case, system",
            "sweep: nothing, system",
            "notice decision_provisional",
            "notice reminder_appeal",
            again="changed: attestation.JobRun",
        ),
        "office.sweep.sweep.run (four days later)": row(
            "brakes_on: sweep, system",
            "effect_held: case, system",
            "effect_held: case, system",
            "finalise: case, system",
            "sweep: nothing, system",
            "notice decision_final",
            "notice reminder_appeal",
            again="once",
        ),
        "office.sweep.sweep.run (clocks that differ)": row("clocks_differ: clock, system", again="once"),
    },
    "stories_rest.the_replay": {
        "office.replay.replay.run_if_due": row("replay_differs: nothing, system", "notice replay_differs"),
    },
    "stories_rest.pages_and_commands": {
        "page: export the staff": row("export: staff, administrator", again="once"),
        "page: a record is added": row("record_added: user, administrator", again="once"),
        "page: a record is changed": row("record_changed: user, administrator", again="once"),
        "command: --at": row("clock_stood_in: nothing, system", again="once"),
    },
}


# Steps of an act, no acts themselves: the caller has the locks and the guard. In the line named here the step
# was seen to run, so that its entries and its notices are that line's.
PARTS: dict[str, str] = {
    "attestation.accounts.requests.tell_owner_and_auditors": "attestation.accounts.requests.ask_for",
    "attestation.notices.mail_server.note_away": "attestation.notices.delivery.deliver (mail server away)",
    "attestation.notices.mail_server.note_back": "attestation.notices.delivery.deliver (mail server back)",
    "attestation.accounts.tries.counted": "attestation.accounts.tries.log_in_fits",
    "attestation.accounts.rights.apply": "attestation.accounts.requests.confirm_request",
    "appeals.services.seat_requests.apply": "attestation.accounts.requests.confirm_request (a seat)",
    "attestation.notices.outbox.queue_to_address": "attestation.accounts.requests.take_rights",
    "attestation.deadlines.ledger.open_category_deadlines": "attestation.intake.engine.confirm",
    "attestation.deadlines.ledger.void_category_deadlines": "attestation.intake.undo.undo",
    "attestation.notices.outbox.correct": "attestation.intake.undo.undo",
    "attestation.people.remove_centers": "attestation.intake.undo.undo (centres)",
    "attestation.people.undo_staff": "attestation.intake.undo.undo",
    "appeals.lifecycle.begin": "appeals.services.filing.file_appeal",
    "appeals.lifecycle.close": "appeals.services.withdrawal.withdraw",
    "appeals.lifecycle.rule": "appeals.services.ruling.rule_item",
    "appeals.lifecycle.withdraw_item": "appeals.services.withdrawal.withdraw_item",
    "appeals.services.attachments.kept_too_long": "appeals.services.attachments.remove_unsettled",
    "appeals.services.attachments.attach": "appeals.services.filing_here.file_here",
    "appeals.services.differing.put_before_the_chair": "appeals.services.ruling.rule_item (differs)",
    "appeals.services.differing.settle_by_faulty": "appeals.services.faulty.mark_faulty",
    "appeals.services.lines.add_line": "appeals.services.sittings.put_on_agenda",
    "appeals.services.lines.carry_over": "appeals.services.sittings.close_sitting",
    "appeals.services.lines.hand_over": "appeals.services.recusals.pass_on_due",
    "appeals.services.lines.pass_to_central": "appeals.services.recusals.recuse",
    "appeals.services.recusals.record_automatic": "appeals.services.sittings.open_sitting",
    "appeals.services.recusals.settle_quorum": "appeals.services.sittings.open_sitting",
    "appeals.services.counting.take_effect": "appeals.services.sittings.close_sitting",
    "appeals.services.ruling.apply_rulings": "appeals.services.sittings.close_sitting",
    "appeals.services.ruling.rule_items": "appeals.services.ruling.rule_item",
    "appeals.services.filing.file_appeals": "appeals.services.filing.file_appeal",
    "appeals.services.ruling.settle": "appeals.services.ruling.rule_item",
    "appeals.services.deadlines.close_ruling_deadline": "appeals.services.ruling.rule_item",
    "appeals.services.deadlines.open_ruling_deadline": "appeals.services.filing.file_appeal (reopens)",
    "appeals.sitting_lifecycle.close_item": "appeals.services.counting.seal_item",
    "appeals.sitting_lifecycle.reopen_item": "appeals.services.counting.reopen_item",
    "appeals.sitting_lifecycle.move": "appeals.services.sittings.move_sitting",
    "attestation.cases.lifecycle.move": "attestation.cases.cycles.admit_cycle",
    "attestation.cases.lifecycle.move_all": "attestation.cases.results.record_results",
    "attestation.notices.digests.claim": "attestation.notices.delivery.deliver",
    "attestation.notices.escalation.queue_escalations": "attestation.notices.reminders.queue_reminders",
    "attestation.notices.escalation.queue_dismissals": "attestation.notices.reminders.queue_reminders",
    "attestation.notices.outbox.queue_all": "attestation.cases.cycles.list_attestees",
    "attestation.notices.outbox.supersede_links": "attestation.accounts.credentials.set_address",
    "attestation.notices.outbox.rows_of": "attestation.cases.cycles.list_attestee",
    "attestation.notices.reminders.deadline_moved": "attestation.deadlines.outages.settle_outage",
    "attestation.cases.corrections.propose": "attestation.cases.corrections.propose_correction",
    "attestation.cases.decisions.store": "attestation.cases.finality.finalise",
    "attestation.cases.result_changes.put_right": "attestation.cases.result_changes.correct_result",
    "attestation.cases.result_changes.amend_results": "attestation.cases.result_changes.amend_result",
    "attestation.cases.results.open_appeal_deadlines": "attestation.cases.results.publish_results",
    "attestation.cases.results.supersede_results": "attestation.cases.result_changes.correct_result",
    "attestation.cases.reattestation.meet_by_publishing": (
        "attestation.cases.results.publish_results (repeat)"
    ),
    "attestation.cases.reattestation.meet_if_repeated": "attestation.cases.finality.finalise (lowers)",
    "attestation.cases.consequences.change_periods": "attestation.cases.finality.finalise (lowers)",
    "attestation.cases.grounds.mark_dependents": ("attestation.cases.annulment.annul_decision (a ground)"),
    "attestation.cases.positions.owe": "attestation.cases.standing.settle_positions",
    "attestation.cases.positions.void_duty_deadlines": ("attestation.cases.standing.settle_positions (gone)"),
    "attestation.cases.consequences.end": "attestation.cases.annulment.annul_decision",
    "attestation.cases.consequences.suspend": "attestation.cases.finality.reopen",
    "attestation.cases.consequences.take_effect": "attestation.cases.finality.finalise",
    "attestation.deadlines.changes.apply_recount": "attestation.cases.stage_moves.move_stage",
    "attestation.deadlines.changes.follow": "attestation.deadlines.changes.accept_change",
    "attestation.deadlines.changes.lengthen": "attestation.deadlines.outages.settle_outage",
    "attestation.deadlines.ledger.meet_scoring_deadlines": "scoring.services.assessing.score",
    "attestation.deadlines.ledger.open_scoring_deadline": "attestation.cases.results.publish_results",
    "attestation.deadlines.ledger.open_deadline": "attestation.cases.results.publish_results",
    "attestation.deadlines.ledger.open_deadlines": "appeals.services.filing.file_appeal (reopens)",
    "attestation.deadlines.ledger.close_deadlines": "appeals.services.ruling.rule_item",
    "attestation.cases.lifecycle.close_case": "attestation.cases.cycles.close_attestation",
    "attestation.deadlines.ledger.void_deadlines": "attestation.cases.result_changes.correct_result",
    "attestation.deadlines.holding.hold_closing": "attestation.cases.testing_stage.close_deadlines (held)",
    "attestation.deadlines.holding.hold_finalising": "attestation.cases.finality.finalise_due (held)",
    "attestation.deadlines.holding.settle_closed": "scoring.services.assessing.score",
    "attestation.deadlines.holding.settle_finalised": "attestation.cases.finality.finalise",
    "attestation.work.each": "attestation.cases.decisions.form_due",
    "attestation.work.note_solved": "attestation.deadlines.holding.settle",
    "attestation.intake.answers.remember": "attestation.intake.engine.confirm",
    "attestation.intake.background.tidy": "attestation.intake.background.run_due",
    "attestation.intake.foreign.check": "attestation.intake.engine.preview",
    "attestation.intake.engine.read": "attestation.intake.engine.preview",
    "attestation.intake.engine.receive": "attestation.intake.engine.preview",
    "attestation.people.save_centers": "attestation.intake.engine.confirm (centres)",
    "attestation.people.save_staff": "attestation.intake.engine.confirm",
    "scoring.services.voiding.void_confirmed": (
        "attestation.cases.corrections.confirm_correction (of a record)"
    ),
    "scoring.services.assessing.assess_case": "scoring.services.assessing.score",
    "attestation.cases.cycles.save_courses": "attestation.intake.engine.confirm (courses)",
    "scoring.services.records.assess_afresh": "attestation.intake.engine.confirm (ratings)",
    "scoring.services.records.save_ratings": "attestation.intake.engine.confirm (ratings)",
    "scoring.services.undoing.unread": "attestation.intake.undo.undo (violations)",
    "scoring.services.undoing.void_undone": "attestation.intake.undo.undo (violations)",
    "scoring.services.records.save_violations": "attestation.intake.engine.confirm (violations)",
}

# They are told `now` and change nothing.
READS = frozenset(
    {
        "appeals.services.counting.require_presiding",
        "attestation.accounts.second_factor.code_fits",
        "attestation.accounts.tries.is_locked",
        "appeals.services.lines.something_waits",
        "appeals.services.ruling.may_rule",
        "appeals.services.voting.dissenter",
        "appeals.services.voting.may_dissent",
        "appeals.services.voting.require_voter",
        "attestation.cases.finality.is_ready",
        "attestation.cases.finality.require_over",
        "attestation.deadlines.changes.require_acceptable",
        "attestation.intake.background.progress_of",
        "attestation.intake.engine.context_of",
        "attestation.intake.foreign.met_today",
        "attestation.intake.undo.check",
        "attestation.cases.results.new_result",
        "attestation.intake.engine.not_confirmable",
        "appeals.services.attachments.checked",
        "appeals.services.faulty.faulty_dry_run",
        "appeals.services.competence.require_competent",
        "appeals.services.filing.check_filing",
        "appeals.services.filing_here.check_here",
        "appeals.services.lines.commission_of_item",
        "appeals.services.lines.commission_of_row",
        "appeals.services.lines.ready_for",
        "appeals.services.recusals.members_of",
        "appeals.services.ruling.check_ruling",
        "attestation.notices.contents.is_over",
        "attestation.notices.escalation.overdue_lines",
        "attestation.notices.ladder.plan",
        "attestation.cases.listing.check_listing",
        "attestation.cases.listing.in_the_way",
        "attestation.cases.listing.listing_facts",
        "attestation.cases.listing.refuse_once_testing_begins",
        "attestation.cases.finality.earlier_is_due",
        "attestation.cases.finality.deadlines_over",
        "attestation.cases.finality.waits_for",
        "attestation.cases.waiting.absent",
        "attestation.cases.waiting.held_for_data",
        "attestation.cases.waiting.held_for_ruling",
        "attestation.cases.waiting.unpublished",
        "attestation.deadlines.feeds.calendar_of",
        "attestation.deadlines.feeds.deadlines_of",
        "attestation.cases.what_if.foresee",
        "attestation.deadlines.outage_deadlines.cut_deadlines",
        "attestation.deadlines.outage_deadlines.touched_by",
        "attestation.deadlines.overdue.open_when",
        "attestation.deadlines.overdue.outstanding",
        "attestation.cases.result_changes.check_correction",
        "attestation.cases.results.check_finished",
        "attestation.cases.results.check_result",
        "attestation.cases.stage_moves.check_stage",
        "attestation.cases.stage_moves.moved_by_stage",
        "office.sweep.sweep.steps_at",
        "scoring.services.records.check_read_through",
    }
)

# Queued by `queue_reminders` on their days alone: the ladder of tests/jobs has a test for each.
ON_THEIR_DAYS = frozenset(
    {
        "digest",
        "dismissal_due",
        "escalation",
        "reminder_category",
        "reminder_reattestation",
        "reminder_ruling",
        "reminder_scoring",
    }
)
