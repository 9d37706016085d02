package io.millrace.agreement.steward;

/** What a steward can do for the agreement. */
enum StewardAction {
    NONE,
    /** Start this server's member anew. */
    REPLACE_MEMBER,
    /** Stop this server's member, and start none. */
    LEAVE,
    /** Start a member that only fills up the number. */
    ADD_WITNESS,
    /** Begin with an empty CP subsystem, to be restored from the journals. */
    RESET,
    /** Take members whose server is gone out of the CP subsystem. */
    REMOVE_GONE,
    /** Make this server's member a CP member. */
    PROMOTE_SELF,
    /** Take this server's witnesses out of the CP subsystem and stop them. */
    RETIRE_WITNESSES
}
