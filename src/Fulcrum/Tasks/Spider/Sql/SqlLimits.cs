namespace Fulcrum.Tasks.Spider.Sql;

/// <summary>What one query may use.</summary>
/// <param name="Seconds">Processor time; <see cref="Patience"/> times as much may go by on the wall.</param>
/// <param name="Rows">Rows of the result.</param>
/// <param name="Bytes">Bytes of the whole result.</param>
/// <param name="CellBytes">Bytes of any one value, on the way to the result as well.</param>
/// <param name="HeapBytes">Bytes that SQLite may hold at once, in the whole process.</param>
public sealed record SqlLimits(
    double Seconds = 5,
    int Rows = 1_000_000,
    int Bytes = 1 << 28,
    int CellBytes = 1 << 26,
    long HeapBytes = 1 << 29
)
{
    /// <summary>A query that gets no processor, or waits for a disk, may take so many times its seconds.</summary>
    public const double Patience = 10;

    /// <summary>Bytes of a query in UTF-8; a longer one is refused before anything looks at it.</summary>
    public const int TextBytes = 100_000;
}
