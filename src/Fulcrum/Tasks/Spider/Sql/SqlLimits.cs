namespace Fulcrum.Tasks.Spider.Sql;

/// <summary>The limits of one query.</summary>
/// <param name="Seconds">Processor time; wall-clock time may be <see cref="Patience"/> times as long.</param>
/// <param name="Rows">Rows of the result.</param>
/// <param name="Bytes">Bytes of the whole result.</param>
/// <param name="CellBytes">Bytes of a single value, intermediate values included.</param>
/// <param name="HeapBytes">Bytes that SQLite may hold at once, in the whole process.</param>
public sealed record SqlLimits(
    double Seconds = 5,
    int Rows = 1_000_000,
    int Bytes = 1 << 28,
    int CellBytes = 1 << 26,
    long HeapBytes = 1 << 29
)
{
    /// <summary>Wall-clock limit as a multiple of <see cref="Seconds"/>, for a query that waits for a processor or a
    /// disk. Beyond it the query is run again, and is unscored if it waits again.</summary>
    public const double Patience = 10;

    /// <summary>Processor time in seconds beyond <see cref="Seconds"/> after which the worker itself is stopped,
    /// because SQLite did not stop the query.</summary>
    internal double Grace { get; init; } = 1;

    /// <summary>Bytes of a query in UTF-8; a longer query is refused before it is parsed.</summary>
    public const int TextBytes = 100_000;
}
