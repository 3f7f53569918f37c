using System.Globalization;
using Fulcrum.Models;
using Fulcrum.Studies;
using Fulcrum.Tasks;

namespace Fulcrum.Guards;

/// <summary>Compares log-likelihoods of a few reference answers, to see whether an adapter changes the model.</summary>
internal static class AdapterProbe
{
    /// <summary>Items of each task that are evaluated.</summary>
    private const int Items = 3;

    /// <summary>The largest difference in nats between lambda 0 and no adapter that rounding explains; 16-bit types
    /// round more.</summary>
    private const double Rounding = 1e-3,
        CoarseRounding = 0.25;

    /// <summary>Returns the log-likelihoods of the first items' reference answers, always in the same form.</summary>
    public static double[] Of(ILanguageModel model, IReadOnlyList<ITask> benchmarks, PromptEncoding encoding)
    {
        QuestionRunner runner = new(model, encoding);
        ScoreRequest[] requests =
        [
            .. benchmarks.SelectMany(b => b.Items.Take(Items).SelectMany(i => Requests(b, i, encoding, runner))),
        ];
        double[][] found = new double[requests.Length][];
        model.Score(requests, (i, scores) => found[i] = [.. scores.Select(s => s.LogLikelihood)]);
        return [.. found.SelectMany(f => f)];
    }

    /// <summary>Checks that the adapter changes the model, and that at lambda 0 it changes nothing.</summary>
    /// <param name="bare">Of the base; null where the adapter's form computes on other base weights than the base was
    /// measured with.</param>
    /// <param name="dtype">Of the computation.</param>
    public static void Check(GuardLog log, double[]? bare, double[] zero, double[] full, Dtype dtype)
    {
        if (full.Length == 0)
        {
            log.NotChecked(GuardNames.LambdaZero, null, "no item was evaluated");
            log.NotChecked(GuardNames.AdapterActive, null, "no item was evaluated");
            return;
        }

        if (bare is null)
        {
            log.NotApplicable(GuardNames.LambdaZero, null, "the adapter is measured on other base weights than before");
            log.Report(
                GuardNames.AdapterActive,
                null,
                Largest(zero, full) > 0,
                $"as trained the adapter changes log-likelihoods by up to {Size(Largest(zero, full))}"
            );
            return;
        }

        double atZero = Largest(bare, zero),
            atOne = Largest(bare, full),
            rounding = dtype == Dtype.F32 ? Rounding : CoarseRounding;
        log.Report(
            GuardNames.LambdaZero,
            null,
            atZero <= rounding,
            $"at lambda 0 the adapter changes log-likelihoods by at most {Size(atZero)}; "
                + $"rounding may change them by {rounding}"
        );
        log.Report(
            GuardNames.AdapterActive,
            null,
            atOne > atZero,
            $"as trained the adapter changes log-likelihoods by up to {Size(atOne)}, "
                + $"at lambda 0 by up to {Size(atZero)}"
        );
    }

    // For a written reply the target is scored. A task without targets gets an arbitrary text, which is enough here.
    private static IReadOnlyList<ScoreRequest> Requests(
        ITask benchmark,
        Item item,
        PromptEncoding encoding,
        QuestionRunner runner
    )
    {
        Question question = benchmark.Ask(item);
        string target = item.Target.Length > 0 ? item.Target : "The";
        return runner.ScoreRequests(question) is { Count: > 0 } scored
            ? scored
            : [encoding.Score(new Question.Choose(question.Prompt, [target]))];
    }

    private static string Size(double change) =>
        change.ToString(change is 0 or >= 0.001 ? "0.###" : "0.0e+0", CultureInfo.InvariantCulture);

    private static double Largest(double[] a, double[] b) =>
        a.Zip(b, (x, y) => double.IsFinite(x - y) ? Math.Abs(x - y) : double.MaxValue).DefaultIfEmpty(0).Max();
}
