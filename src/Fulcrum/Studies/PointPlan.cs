using System.Globalization;
using System.Text.Json;
using Fulcrum.Data;
using Fulcrum.Files;
using Fulcrum.Models;

namespace Fulcrum.Studies;

/// <summary>One form of the model that a study measures beyond before and after.</summary>
/// <param name="Name">Its folder in <c>points/</c>.</param>
/// <param name="Kind"><c>curve</c>, <c>serving</c> or <c>seed</c>.</param>
/// <param name="Lambda">The adapter's scale.</param>
/// <param name="Step">A checkpoint's step; null: the finished adapter.</param>
/// <param name="Form">How the adapter is applied.</param>
/// <param name="Seed">A training seed other than the study's first; its adapter is trained for the point.</param>
public sealed record PointPlan(
    string Name,
    string Kind,
    double Lambda = 1,
    int? Step = null,
    string Form = "beside",
    int? Seed = null
)
{
    /// <summary>Writes what a point is beside its answers.</summary>
    public void WriteTo(string folder) =>
        AtomicFile.WriteText(
            Path.Combine(folder, "point.json"),
            JsonSerializer.Serialize(this, SnakeCaseJson.Options) + "\n"
        );

    /// <summary>Reads it back; null where a folder holds none.</summary>
    /// <exception cref="InputException">The file is damaged.</exception>
    public static PointPlan? ReadFrom(string folder)
    {
        string path = Path.Combine(folder, "point.json");
        try
        {
            return File.Exists(path)
                ? JsonSerializer.Deserialize<PointPlan>(File.ReadAllText(path), SnakeCaseJson.Options)
                : null;
        }
        catch (JsonException e)
        {
            throw new InputException($"{path}: not a point: {e.Message}", e);
        }
    }

    /// <summary>The points that a study asks for, in the order in which they are measured; 0 and 1 at the finished
    /// adapter are the two sides already.</summary>
    /// <param name="examples">Training examples, of which the steps follow.</param>
    public static IReadOnlyList<PointPlan> Of(Study study, int examples) =>
        [
            .. study.Curve is null ? [] : Curve(study.Curve, study.Train, examples),
            .. (study.ServingForms ?? [])
                .Distinct()
                .Select(EnumNames.Of)
                .Select(f => new PointPlan(f, "serving", Form: f)),
            .. (study.Seeds ?? []).Skip(1).Select(s => new PointPlan($"seed-{s}", "seed", Seed: s)),
        ];

    private static IEnumerable<PointPlan> Curve(CurvePlan curve, TrainPlan train, int examples)
    {
        double[] lambdas = [.. (curve.Lambdas ?? [0, 0.25, 0.5, 0.75, 1]).Distinct().Order().Where(l => l != 0)];
        foreach (int? step in curve.Checkpoints ? Steps(train, examples).Select(s => (int?)s).Append(null) : [null])
        {
            foreach (double lambda in lambdas.Where(l => step is not null || l != 1))
            {
                string part = $"lambda-{lambda.ToString(CultureInfo.InvariantCulture)}";
                yield return new PointPlan(step is null ? part : $"step-{step}-{part}", "curve", lambda, step);
            }
        }
    }

    /// <summary>The steps that leave a checkpoint, without the last one, which is the finished adapter.</summary>
    private static IEnumerable<int> Steps(TrainPlan train, int examples)
    {
        int perEpoch = (examples - ValidationSplit.Count(train, examples) + train.BatchSize - 1) / train.BatchSize,
            every = train.CheckpointEvery ?? perEpoch;
        return Enumerable.Range(1, Math.Max(0, (perEpoch * train.Epochs - 1) / every)).Select(i => i * every);
    }
}
