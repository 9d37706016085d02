package io.millrace.rest.guard;

import io.millrace.security.Throttle;
import java.util.List;
import java.util.Set;

/**
 * What is to be known about one method of one path.
 *
 * @param path    segments; one in braces stands for any
 * @param needs   each of which the caller must be allowed; none: bodies name what is done, or lists leave out what is not allowed
 * @param traffic which of the caller's quotas the bytes count for
 */
record AccessRule(String method, List<String> path, List<Need> needs, Throttle.Traffic traffic, Set<Mark> marks) {
    /** Whatever else there is about one. */
    enum Mark {
        /** For everybody, whatever permissions say. */
        OPEN,
        /** Changes what an administrator looks after: it is written to the audit log. */
        ADMINISTRATIVE,
        /** To whoever may not see what the path names it is unknown. */
        HIDDEN,
        /** May say in a header that it is part of a transaction. */
        TRANSACTIONAL,
        /** Needs the right to write to any topic, or to the cluster. */
        SOME_WRITE
    }

    boolean is(Mark mark) {
        return marks.contains(mark);
    }

    boolean matches(String asked, List<String> segments) {
        if (!method.equals(asked) || path.size() != segments.size()) {
            return false;
        }
        for (int i = 0; i < path.size(); i++) {
            if (!isVariable(path.get(i)) && !path.get(i).equals(segments.get(i))) {
                return false;
            }
        }
        return true;
    }

    static boolean isVariable(String segment) {
        return segment.startsWith("{");
    }
}
