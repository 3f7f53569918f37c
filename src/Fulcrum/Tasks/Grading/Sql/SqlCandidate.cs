namespace Fulcrum.Tasks.Grading.Sql;

/// <summary>A text that may be the query.</summary>
/// <param name="Rule">The region where it was found.</param>
/// <param name="Shape">How much it looks like a query.</param>
/// <param name="Place">The place of the query in its region.</param>
/// <param name="Inner">It is part of another statement, such as CREATE VIEW.</param>
/// <param name="Announced">It is announced as final or corrected.</param>
internal sealed record SqlCandidate(
    string Query,
    SqlRule Rule,
    SqlShape Shape,
    SqlRule Place,
    bool Inner,
    bool Announced
)
{
    /// <summary>Tells whether this candidate, which comes later in the reply, counts instead of another.</summary>
    public bool IsBetterThan(SqlCandidate other)
    {
        int order = Rank.CompareTo(other.Rank);
        return order < 0 || (order == 0 && Announced);
    }

    private (bool, SqlShape, bool, SqlRule, SqlRule) Rank => (Rule == SqlRule.Comment, Shape, Inner, Rule, Place);
}
