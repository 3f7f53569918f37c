using Fulcrum.Files;
using Xunit;

namespace Fulcrum.Tests;

public sealed class RememberedDigestTests : IDisposable
{
    private readonly string file = Path.Combine(Directory.CreateTempSubdirectory().FullName, "a");

    public RememberedDigestTests() => File.WriteAllText(file, "one");

    public void Dispose() => Directory.Delete(Path.GetDirectoryName(file)!, recursive: true);

    [Fact]
    public void A_change_is_noticed_also_right_after_the_first_reading()
    {
        for (int i = 0; i < 50; i++)
        {
            File.WriteAllText(file, $"{i:000}");

            Assert.Equal(Sha256.OfFile(file), RememberedDigest.Of(file));
        }
    }

    [Fact]
    public void A_change_with_the_size_and_the_time_of_before_is_noticed()
    {
        DateTime old = new(2020, 1, 1, 0, 0, 0, DateTimeKind.Utc);
        File.SetLastWriteTimeUtc(file, old);
        string first = RememberedDigest.Of(file);
        File.WriteAllText(file, "two");
        File.SetLastWriteTimeUtc(file, old);

        Assert.NotEqual(first, RememberedDigest.Of(file));
    }

    [Fact]
    public void Another_file_under_the_same_path_is_noticed()
    {
        string first = RememberedDigest.Of(file),
            other = file + ".other";
        File.WriteAllText(other, "six");
        File.SetLastWriteTimeUtc(other, File.GetLastWriteTimeUtc(file));
        File.Move(other, file, overwrite: true);

        Assert.NotEqual(first, RememberedDigest.Of(file));
    }

    [Fact]
    public void A_file_that_is_missing_is_an_error_also_after_it_was_read()
    {
        _ = RememberedDigest.Of(file);
        File.Delete(file);

        Assert.Throws<InputException>(() => RememberedDigest.Of(file));
    }
}
