using Fulcrum.Statistics;

namespace Fulcrum.Comparisons;

/// <summary>An additional measure of a task, before and after, over the items that carry it on both sides.</summary>
/// <param name="Name"><c>parses</c>, <c>names_exist</c>, <c>executes</c>, <c>right_result</c>; <c>brier</c>;
/// <c>parsed</c>; <c>same_option</c>; ... (<c>docs/method.md</c>).</param>
/// <param name="Items">Items, or for <c>same_option</c> questions.</param>
/// <param name="Before">Mean before.</param>
/// <param name="After">Mean after.</param>
/// <param name="Difference">After minus before, paired and clustered like the score's.</param>
public sealed record MeasureComparison(string Name, int Items, double Before, double After, Difference Difference);

/// <summary>The measures of a part of a task's items.</summary>
/// <param name="By"><c>group</c> (hardness, category) or <c>cluster</c> (database, subject).</param>
/// <param name="Part">Which group or cluster.</param>
internal sealed record MeasureBreakdown(string By, string Part, IReadOnlyList<MeasureComparison> Measures);

/// <summary>How well the probabilities of a model's choices match the share of correct ones, before and
/// after.</summary>
internal sealed record CalibrationComparison(Calibration Before, Calibration After);

/// <summary>Calibration of one side: choices by the probability given to them, against the share of right
/// ones.</summary>
/// <param name="Error">Expected calibration error over ten bins of equal width (Guo et al., ICML 2017,
/// arXiv:1706.04599, equation 3).</param>
/// <param name="Brier">Mean over items of the squared distance between the probabilities of the options and the truth
/// (Brier 1950, Mon. Weather Rev. 78:1); 0 to 2.</param>
/// <param name="Bins">The bins that hold items, from low to high confidence.</param>
internal sealed record Calibration(double Error, double Brier, IReadOnlyList<CalibrationBin> Bins);

/// <summary>One bin of a reliability diagram.</summary>
/// <param name="Low">Lower bound of the confidence; the bin reaches to <paramref name="Low"/> + 0.1.</param>
/// <param name="Confidence">Mean probability given to the choices in it.</param>
/// <param name="Accuracy">Share of them that is right.</param>
internal sealed record CalibrationBin(double Low, int Items, double Confidence, double Accuracy);

/// <summary>The adapted model compared with its base on neutral text, per token.</summary>
/// <param name="KullbackLeibler">Mean KL divergence of the adapted model's predictions from the base's, in nats a
/// token, with its interval over texts.</param>
/// <param name="LogLikelihood">Change of the text's own log-likelihood, in nats a token: below 0, the model predicts
/// the text worse than before.</param>
/// <param name="PerplexityBefore">exp of minus the mean log-likelihood of a token under the base.</param>
/// <param name="PerplexityAfter">The same under the adapted model.</param>
internal sealed record NeutralTextComparison(
    int Texts,
    long Tokens,
    TokenMean KullbackLeibler,
    TokenMean LogLikelihood,
    double PerplexityBefore,
    double PerplexityAfter
);

/// <summary>A mean over tokens with its 95% interval; texts are the clusters.</summary>
internal readonly record struct TokenMean(double Mean, double Low, double High, double StandardError);
