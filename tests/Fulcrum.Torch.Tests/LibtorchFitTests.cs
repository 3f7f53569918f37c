using Fulcrum.Torch.Interop;
using Xunit;

namespace Fulcrum.Torch.Tests;

public sealed class LibtorchFitTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("fulcrum-libtorch").FullName;

    private string Libraries => Directory.CreateDirectory(Path.Combine(folder, "lib")).FullName;

    private static string Wrapper => Libtorch.WrapperPath!;

    [Theory]
    [InlineData("2.13.0+cu130")]
    [InlineData("2.1.0")]
    [InlineData("2.100.1")]
    public void Another_version_is_refused_with_both_versions_before_anything_is_read(string version)
    {
        File.WriteAllText(Path.Combine(folder, "version.py"), $"__version__ = '{version}'\ndebug = False\n");

        FulcrumException refused = Assert.Throws<FulcrumException>(() => LibtorchFit.Require(Libraries, "none"));

        Assert.Contains(version, refused.Message);
        Assert.Contains("PyTorch 2.10.x is needed", refused.Message);
    }

    [Theory]
    [InlineData("version.py", "__version__ = '2.10.0+cu128'\n", "2.10.0+cu128")]
    [InlineData("build-version", "2.10.0+cpu\n", "2.10.0+cpu")]
    public void The_version_is_read_from_the_files_of_either_distribution(string name, string text, string version)
    {
        File.WriteAllText(Path.Combine(folder, name), text);

        Assert.Equal(version, LibtorchFit.VersionOf(Libraries));
    }

    [Fact]
    public void The_bundled_libtorch_has_every_symbol_that_is_needed()
    {
        Libtorch.Load();

        LibtorchFit.Require(Path.GetDirectoryName(Libtorch.Loaded["libtorch_cpu.so"])!, Wrapper);
    }

    [Fact]
    public void A_library_without_the_symbols_is_refused_and_the_first_missing_one_is_named()
    {
        Libtorch.Load();
        foreach (string name in (string[])["libtorch.so", "libtorch_cpu.so"])
        {
            File.Copy(Libtorch.Loaded["libc10.so"], Path.Combine(Libraries, name));
        }

        FulcrumException refused = Assert.Throws<FulcrumException>(() => LibtorchFit.Require(Libraries, Wrapper));

        Assert.Matches(@"lacks \d+ of the symbols that libLibTorchSharp\.so needs, the first _Z", refused.Message);
    }

    [Fact]
    public void A_file_that_is_no_library_is_refused()
    {
        Libtorch.Load();
        File.WriteAllText(Path.Combine(Libraries, "libtorch.so"), "not a library");

        FulcrumException refused = Assert.Throws<FulcrumException>(() => LibtorchFit.Require(Libraries, Wrapper));

        Assert.Contains("libtorch.so is not a 64-bit ELF library", refused.Message);
    }

    /// <inheritdoc/>
    public void Dispose() => Directory.Delete(folder, recursive: true);
}
