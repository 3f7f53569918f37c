using Fulcrum.Comparisons;
using Fulcrum.Data;
using Fulcrum.Models;
using Fulcrum.Studies;
using Fulcrum.Tasks;

namespace Fulcrum.Runs;

/// <summary>The answers of a place of a run (base or candidate) as a point of the trade-off.</summary>
internal static class PlaceAnswers
{
    /// <summary>Reads the answers of one place of a run.</summary>
    /// <param name="plan">Of a candidate; null: the base.</param>
    /// <param name="answers">Reads the answer files; null: with everything that they hold.</param>
    public static PointAnswers Read(
        Study study,
        RunLayout run,
        string name,
        string place,
        CandidatePlan? plan,
        ComparedAnswers? answers = null
    )
    {
        Func<string, IReadOnlyList<Answer>> read = answers is null ? AnswerFile.Read : answers.Read;
        PointKind kind =
            plan is null ? PointKind.Base
            : plan.Seed is not null ? PointKind.Seed
            : plan.From is not null && (plan.Form is not null || plan.GgufType is not null) ? PointKind.Serving
            : plan.From is not null ? PointKind.Curve
            : PointKind.Candidate;
        return new PointAnswers(
            name,
            kind,
            plan is null ? 0 : plan.Lambda ?? 1,
            study.Tasks.Keys.ToDictionary(t => t, t => read(run.Answers(place, t)), StringComparer.Ordinal),
            plan?.Step,
            plan?.GgufType is { } type
                ? $"GGUF {EnumNames.Of(type)}"
                : EnumNames.Of(plan?.Form ?? ServingForm.Attached),
            plan?.Seed
        );
    }
}
