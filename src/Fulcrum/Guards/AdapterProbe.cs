using Fulcrum.Models;
using Fulcrum.Tasks;

namespace Fulcrum.Guards;

/// <summary>Log-likelihoods of a few reference answers: enough to distinguish two sets of weights.</summary>
internal static class AdapterProbe
{
    /// <summary>Items of each task that are evaluated.</summary>
    private const int Items = 3;

    /// <summary>Scale 0 may round differently from no adapter at all, by no more than this in natural logarithm; 16-bit
    /// types round more.</summary>
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
            log.NotChecked(GuardLog.LambdaZero, null, "no item was evaluated");
            log.NotChecked(GuardLog.AdapterActive, null, "no item was evaluated");
            return;
        }

        if (bare is null)
        {
            log.NotApplicable(GuardLog.LambdaZero, null, "the adapter is measured on other base weights than before");
            log.Report(
                GuardLog.AdapterActive,
                null,
                Largest(zero, full) > 0,
                $"as trained the adapter changes log-likelihoods by up to {Largest(zero, full):0.0e+0}"
            );
            return;
        }

        double atZero = Largest(bare, zero),
            atOne = Largest(bare, full),
            rounding = dtype == Dtype.F32 ? Rounding : CoarseRounding;
        log.Report(
            GuardLog.LambdaZero,
            null,
            atZero <= rounding,
            $"at scale 0 the adapter changes log-likelihoods by at most {atZero:0.0e+0}; "
                + $"rounding may change them by {rounding}"
        );
        log.Report(
            GuardLog.AdapterActive,
            null,
            atOne > atZero,
            $"as trained the adapter changes log-likelihoods by up to {atOne:0.0e+0}, "
                + $"at scale 0 by up to {atZero:0.0e+0}"
        );
    }

    // Of a written reply the target is scored; some tasks have none, and any text serves.
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

    private static double Largest(double[] a, double[] b) =>
        a.Zip(b, (x, y) => double.IsFinite(x - y) ? Math.Abs(x - y) : double.MaxValue).DefaultIfEmpty(0).Max();
}
