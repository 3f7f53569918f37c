using System.Globalization;
using System.Text.Json.Serialization;
using Fulcrum.Data;

namespace Fulcrum.Studies;

/// <summary>A search for the candidate with the largest gain within the margin: short trainings first, the better half
/// longer.</summary>
/// <param name="Margin">The loss that is accepted, in percentage points; it becomes the study's margin. Null: the
/// study's.</param>
/// <param name="Budget">The time that the search may take, as <c>8h</c>, <c>90m</c> or <c>2d</c>; instead of
/// <paramref name="Trainings"/>.</param>
/// <param name="Trainings">The work that the search may take, as a number of full trainings.</param>
public sealed record SeekPlan(double? Margin = null, string? Budget = null, double? Trainings = null)
{
    private const double MostTrainings = 1e6;

    /// <summary>The time of <see cref="Budget"/>; null: the budget is no time, or cannot be read.</summary>
    [JsonIgnore]
    internal double? Seconds =>
        Budget is { Length: > 1 } text
        && double.TryParse(text[..^1], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double number)
        && double.IsFinite(number)
        && number > 0
            ? text[^1] switch
            {
                's' => number,
                'm' => 60 * number,
                'h' => 3600 * number,
                'd' => 86400 * number,
                _ => null,
            }
            : null;

    /// <summary>Checks every value.</summary>
    /// <param name="candidates">The number of candidates that are trained.</param>
    /// <exception cref="InputException">A value is outside its range; names the key.</exception>
    internal void Check(string source, int candidates)
    {
        bool one = (Budget is null) != (Trainings is null);
        string given = Budget is null ? "neither budget nor trainings" : "budget and trainings";
        Wanted.That(one, source, "seek", given, "one of budget, as \"8h\", and trainings, as 24");
        bool readable = Budget is null || Seconds is not null;
        Wanted.That(readable, source, "seek.budget", Budget, "a number with s, m, h or d behind it, as 8h");
        bool counted = Trainings is null or (> 0 and <= MostTrainings);
        Wanted.That(counted, source, "seek.trainings", Trainings, "above 0, up to 1,000,000");
        string found = $"a search over {candidates} {(candidates == 1 ? "training" : "trainings")}";
        Wanted.That(candidates > 1, source, "seek", found, "two or more candidates with train: add vary or sample");
    }
}
