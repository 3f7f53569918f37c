using System.Globalization;
using System.Text.RegularExpressions;
using Fulcrum.Comparisons;
using Fulcrum.Statistics;

namespace Fulcrum.Runs;

/// <summary>Requirements on a run: bounds, in percentage points, on the differences of named tasks.</summary>
internal sealed partial record Requirements(IReadOnlyList<(string Task, bool AtLeast, double Points)> Bounds)
{
    /// <summary>Reads <c>spider&gt;=+5,mmlu&gt;=-1</c>.</summary>
    /// <exception cref="InputException">The text is not of that form; names the part.</exception>
    public static Requirements Parse(string text)
    {
        Requirements read = new([.. text.Split(',').Select(ParseBound)]);
        foreach (IGrouping<string, (string Task, bool AtLeast, double Points)> task in read.Bounds.GroupBy(b => b.Task))
        {
            double least = task.Where(b => b.AtLeast).Select(b => b.Points).DefaultIfEmpty(-100).Max();
            double most = task.Where(b => !b.AtLeast).Select(b => b.Points).DefaultIfEmpty(100).Min();
            if (least > most || least > 100 || most < -100)
            {
                throw new InputException(
                    $"--require: no difference can meet the bounds of {task.Key} (at least {least:0.###} and "
                        + $"at most {most:0.###} percentage points)"
                );
            }
        }

        return read;
    }

    private static (string, bool, double) ParseBound(string part) =>
        Bound().Match(part.Trim()) is { Success: true } m
            ? (
                m.Groups[1].Value,
                m.Groups[2].Value == ">=",
                double.Parse(m.Groups[3].Value, CultureInfo.InvariantCulture)
            )
            : throw new InputException(
                $"--require: '{part.Trim()}' is not of the form TASK>=POINTS or TASK<=POINTS, as in spider>=+5"
            );

    /// <summary>By task, the smallest required difference, in percentage points.</summary>
    public IReadOnlyDictionary<string, double> Looking =>
        Bounds
            .Where(b => b.Points != 0)
            .GroupBy(b => b.Task)
            .ToDictionary(g => g.Key, g => g.Min(b => Math.Abs(b.Points)), StringComparer.Ordinal);

    /// <summary>By task, every bound that is demanded, in points.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<RequiredBound>> ByTask =>
        Bounds
            .GroupBy(b => b.Task)
            .ToDictionary(
                g => g.Key,
                g => (IReadOnlyList<RequiredBound>)[.. g.Select(b => new RequiredBound(b.AtLeast, b.Points))],
                StringComparer.Ordinal
            );

    /// <summary>Checks the names, so that a wrong name is found before the run and not after it.</summary>
    /// <exception cref="InputException">There is no such task; names those that there are.</exception>
    public void CheckNames(IReadOnlyList<string> benchmarks)
    {
        if (Bounds.Select(b => b.Task).FirstOrDefault(b => !benchmarks.Contains(b)) is { } stranger)
        {
            throw new InputException(
                $"--require names '{stranger}', but the study's tasks are {string.Join(", ", benchmarks)}"
            );
        }
    }

    /// <summary>Returns each requirement on each candidate with its result. After a selection only the selected
    /// candidate counts.</summary>
    public IEnumerable<RequirementResult> Results(Comparison comparison)
    {
        string? chosen = comparison.Selection?.Chosen;
        return from candidate in comparison.Candidates
            where chosen is null || candidate.Name == chosen
            from bound in Bounds
            let task = candidate.Tasks.First(t => t.Task == bound.Task)
            let difference = bound.Points == 0 ? task.Difference : task.AgainstLimits
            select new RequirementResult(candidate.Name, bound.Task, bound.AtLeast, bound.Points, difference);
    }

    /// <summary>Says of each bound on a loss that is met, but on a task that can show no loss, that it shows
    /// nothing.</summary>
    public IEnumerable<string> Doubts(Comparison comparison) =>
        from result in Results(comparison)
        where result is { IsMet: true, AtLeast: true, Points: <= 0 }
        let verdict = comparison.Candidates.First(c => c.Name == result.Candidate).Verdict
        where verdict.Findings.Any(f => f.Task == result.Task && f.Judgement == TaskJudgement.NoEvidence)
        select $"{result.Candidate}: required {result.Text} is met, but it shows nothing: the base knows nothing on "
            + $"{result.Task} that it could lose";

    /// <summary>Checks every requirement. Every candidate must meet all of them; after a selection only the selected
    /// one.</summary>
    /// <exception cref="GuardException">A requirement is not met; names it.</exception>
    public void Check(Comparison comparison)
    {
        if (Results(comparison).FirstOrDefault(r => !r.IsMet) is { } failed)
        {
            string of = comparison.Candidates.Count > 1 ? $" of {failed.Candidate}" : "";
            throw new GuardException($"required {failed.Text}, but the difference{of} is {failed.Found}");
        }
    }

    [GeneratedRegex(@"\A([A-Za-z0-9_.-]+)\s*(>=|<=)\s*([+-]?\d+(?:\.\d+)?)\z", RegexOptions.None, 1000)]
    private static partial Regex Bound();
}

/// <summary>A bound that is demanded of a task's difference.</summary>
/// <param name="AtLeast">Whether the difference must be at least, or at most, <paramref name="Points"/>.</param>
/// <param name="Points">In percentage points.</param>
internal readonly record struct RequiredBound(bool AtLeast, double Points);

/// <summary>A requirement on one candidate, with the difference that was found.</summary>
/// <param name="AtLeast">Whether the difference must be at least, or at most, <paramref name="Points"/>.</param>
/// <param name="Points">In percentage points.</param>
internal sealed record RequirementResult(
    string Candidate,
    string Task,
    bool AtLeast,
    double Points,
    Difference Difference
)
{
    /// <summary>Whether the nearer bound of the interval meets the requirement. A requirement that passes is therefore
    /// shown, not merely likely.</summary>
    public bool IsMet => AtLeast ? Difference.Low * 100 >= Points : Difference.High * 100 <= Points;

    /// <summary>The requirement as it is written: <c>spider&gt;=+5</c>.</summary>
    public string Text => $"{Task}{(AtLeast ? ">=" : "<=")}{Points:+0.###;-0.###;0}";

    /// <summary>The difference with its 95% interval, in percentage points.</summary>
    public string Found =>
        $"{Difference.Points * 100:+0.0;-0.0;0.0} points "
        + $"({Difference.Low * 100:+0.0;-0.0;0.0} to {Difference.High * 100:+0.0;-0.0;0.0})";
}
