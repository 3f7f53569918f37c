namespace Fulcrum.Evaluation.Sql;

/// <summary>What one query may use.</summary>
/// <param name="Seconds">Wall time.</param>
/// <param name="Rows">Rows of the result.</param>
/// <param name="Bytes">Bytes of the result, and of any one value.</param>
public sealed record SqlLimits(double Seconds = 5, int Rows = 1_000_000, int Bytes = 1 << 28);
